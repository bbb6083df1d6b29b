"""Normalizes SITE_URL as browsers normalize origins, so that the two can be compared."""

import re
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

import idna

PORTS = {"http": 80, "https": 443}
ADDRESS = re.compile(r"(?i:(https?))://(\[[^]]+\]|[^][/?#@:\\\s]+)(?::([0-9]{1,5}))?/*")
LABEL = "(?!-)[a-z0-9-]{1,63}(?<!-)"
NAME = re.compile(rf"(?=.{{1,253}}\Z){LABEL}(\.{LABEL})*")
NUMBER = re.compile(r".*\.?\b(\d+|0x[0-9a-f]*)")  # browsers parse such a host as IPv4


def normalized(text: str) -> str:
    """Lowercases an origin, converts its host to ASCII (IDNA with UTS 46, as browsers do), and
    removes the default port and a trailing dot or slash. Raises ValueError for other texts."""
    parts = ADDRESS.fullmatch(text)
    if not parts:
        raise ValueError("not an origin")
    scheme, host = parts[1].lower(), _normalized_host(parts[2])
    port = int(parts[3] or PORTS[scheme])
    if not 0 < port < 65536:
        raise ValueError("not a port")
    return f"{scheme}://{host}" if port == PORTS[scheme] else f"{scheme}://{host}:{port}"


def origin_of(address: str) -> str:
    """The normalized origin of a link; empty for a relative or invalid link."""
    try:
        parts = urlsplit(address)
        return normalized(f"{parts.scheme}://{parts.netloc}")
    except ValueError:
        return ""


def _normalized_host(host: str) -> str:
    if host.startswith("["):
        address = IPv6Address(host[1:-1])
        if address.scope_id:
            raise ValueError("an IPv6 zone, which has a meaning on one machine only")
        return f"[{address}]"
    name = host.lower() if host.isascii() else idna.encode(host, uts46=True).decode()
    name = name.removesuffix(".")
    if not NAME.fullmatch(name):
        raise ValueError("not a host name")
    if "xn--" in name:
        idna.decode(name)  # raises ValueError for a name that browsers reject
    return str(IPv4Address(name)) if NUMBER.fullmatch(name) else name
