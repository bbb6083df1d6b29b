"""Identifies clients by cookies and by keyed hashes, so that no IP address is stored."""

import hashlib
import hmac
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest, HttpResponse


def keyed_hash(purpose: str, value: str) -> str:
    """An HMAC with SECRET_KEY, in hexadecimal. A value has unrelated hashes for two purposes."""
    key = f"{purpose}:{settings.SECRET_KEY}".encode()
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[:40]


def client_address(request: HttpRequest) -> str:
    """The client's IPv4 address, or the /64 network of its IPv6 address: REMOTE_ADDR or, if that is
    a trusted proxy, the last address in X-Forwarded-For that is not one. A request without
    REMOTE_ADDR came through the Unix socket (deploy/fitness.socket), to which only the web server
    in front, a trusted proxy, may connect."""
    proxies = [ip_network(proxy) for proxy in settings.TRUSTED_PROXIES]
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    client = request.META.get("REMOTE_ADDR", "")
    while hops and (not client or _is_in(client, proxies)):
        hop = hops.pop().strip()
        if not _is_address(hop):
            break
        client = hop
    if _is_address(client) and isinstance(address := ip_address(client), IPv6Address):
        return str(address.ipv4_mapped or ip_network(f"{client}/64", strict=False).network_address)
    return client


def client_id(request: HttpRequest) -> str:
    """A keyed hash of the client's address, for rate limits. It is stored for at most 30 days."""
    return keyed_hash("sender", client_address(request))


def set_client_cookie(response: HttpResponse, name: str, value: str, path: str) -> None:
    """Sets a cookie that a browser sends back for a year, only to URLs below this path."""
    response.set_cookie(
        name,
        value,
        max_age=365 * 24 * 3600,
        path=path,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_in(client: str, networks: list) -> bool:
    return _is_address(client) and any(ip_address(client) in network for network in networks)
