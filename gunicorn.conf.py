"""Settings of gunicorn, which reads this file from its working directory."""

import ctypes
import os
from contextlib import suppress

from gunicorn.http import wsgi

# The same networks as settings.TRUSTED_PROXIES.
_proxies = os.environ.get("TRUSTED_PROXIES", "")
forwarded_allow_ips = ",".join(filter(None, ["127.0.0.1", "::1", _proxies]))
# Longer than the one second that the web servers of deploy/ keep idle connections: they close
# first, so they never send a request into a connection that gunicorn is closing. A worker that
# stops keeps idle connections for two seconds, which is long enough too.
keepalive = 5
# By default gunicorn trusts a SCRIPT_NAME header. Caddy passes it on from anybody, and with it an
# attacker could change every link of a page.
forwarder_headers = ""

# Bytes. The default of 4,094 rejects a search for 5,000 characters, which should get an ordinary
# page; this is the maximum, and about the limit of nginx.
limit_request_line = 8190

# The same as MALLOC_ARENA_MAX=1, for a start by hand: one memory pool for all threads. With a pool
# per thread, glibc keeps the memory of an upload in each. Other C libraries have no such pools.
with suppress(AttributeError):
    ctypes.CDLL(None).mallopt(-8, 1)  # M_ARENA_MAX

_headers = wsgi.Response.default_headers


def _without_server_header(response: wsgi.Response) -> list[str]:
    """The default headers without Server; gunicorn has no setting for that."""
    return [line for line in _headers(response) if not line.startswith("Server:")]


wsgi.Response.default_headers = _without_server_header
