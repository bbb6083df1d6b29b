"""Read by gunicorn from the folder it is started in."""

import ctypes
import os
from contextlib import suppress

from gunicorn.http import wsgi

# As in settings.TRUSTED_PROXIES.
_elsewhere = os.environ.get("TRUSTED_PROXIES", "")
forwarded_allow_ips = ",".join(filter(None, ["127.0.0.1", "::1", _elsewhere]))
# Longer than the second for which the web servers of deploy/ keep an idle connection: they close it
# first, so none of them sends a request into a connection that gunicorn is just closing. A worker
# that stops keeps its idle connections for two seconds, which is long enough too.
keepalive = 5
# By default a header may say below which path the site stands. Caddy passes headers of that name on
# from anybody, so that a reader could have every link of a page lead elsewhere.
forwarder_headers = ""

# A search for 5,000 characters gets an ordinary page: of the line that asks, gunicorn reads 4,094
# by itself and this many at most, about as many as nginx.
limit_request_line = 8190

# As MALLOC_ARENA_MAX=1, for a start by hand: one pool of memory for all threads. glibc would keep
# one for each, and what an upload took in it. Other C libraries have no such pools.
with suppress(AttributeError):
    ctypes.CDLL(None).mallopt(-8, 1)  # M_ARENA_MAX

_headers = wsgi.Response.default_headers


def _without_banner(response: wsgi.Response) -> list[str]:
    """No answer tells which server gave it; gunicorn has no setting for this."""
    return [line for line in _headers(response) if not line.startswith("Server:")]


wsgi.Response.default_headers = _without_banner
