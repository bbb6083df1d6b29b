"""Read by gunicorn from the folder it is started in."""

from gunicorn.http import wsgi

_headers = wsgi.Response.default_headers


def _without_banner(response: wsgi.Response) -> list[str]:
    """No answer tells which server gave it; gunicorn has no setting for this."""
    return [line for line in _headers(response) if not line.startswith("Server:")]


wsgi.Response.default_headers = _without_banner
