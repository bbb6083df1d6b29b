"""Who sends a request, as far as it may be known: a keyed hash, never the network address."""

import hashlib
import hmac
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest


def keyed_hash(purpose: str, value: str) -> str:
    """A hash that only this site can make; the same value for another purpose gives another."""
    key = f"{purpose}:{settings.SECRET_KEY}".encode()
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[:40]


def network_address(request: HttpRequest) -> str:
    """REMOTE_ADDR, or behind trusted proxies the last hop that is none of them; IPv6 by its /64.

    A Unix socket has no REMOTE_ADDR. Only the web server in front may connect to it
    (deploy/fitness.socket), so what comes that way comes from a trusted proxy."""
    proxies = [ip_network(proxy) for proxy in settings.TRUSTED_PROXIES]
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    sender = request.META.get("REMOTE_ADDR", "")
    while hops and (not sender or _is_one_of(sender, proxies)):
        hop = hops.pop().strip()
        if not _is_address(hop):
            break
        sender = hop
    if _is_address(sender) and isinstance(address := ip_address(sender), IPv6Address):
        return str(address.ipv4_mapped or ip_network(f"{sender}/64", strict=False).network_address)
    return sender


def client_id(request: HttpRequest) -> str:
    """The hash that rates are counted by; kept at most 30 days."""
    return keyed_hash("sender", network_address(request))


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_one_of(sender: str, networks: list) -> bool:
    return _is_address(sender) and any(ip_address(sender) in network for network in networks)
