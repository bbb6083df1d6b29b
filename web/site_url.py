"""SITE_URL as a browser sends it, so that it can be compared with what a browser sends."""

import re
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

import idna

PORTS = {"http": 80, "https": 443}
ADDRESS = re.compile(r"(?i:(https?))://(\[[^]]+\]|[^][/?#@:\\\s]+)(?::([0-9]{1,5}))?/*")
LABEL = "(?!-)[a-z0-9-]{1,63}(?<!-)"
NAME = re.compile(rf"(?=.{{1,253}}\Z){LABEL}(\.{LABEL})*")
NUMBER = re.compile(r".*\.?\b(\d+|0x[0-9a-f]*)")  # a name that ends so is read as an IPv4 address


def normalized(text: str) -> str:
    """The address with small letters, an international name in its ASCII form (IDNA by UTS 46, as
    browsers do), and without a dot after the name, the scheme's own port and slashes at the end.

    Raises ValueError for what is no address of a site: a path, a user, a name no host can have."""
    parts = ADDRESS.fullmatch(text)
    if not parts:
        raise ValueError("not the address of a site")
    scheme, host = parts[1].lower(), _host(parts[2])
    port = int(parts[3] or PORTS[scheme])
    if not 0 < port < 65536:
        raise ValueError("not a port")
    return f"{scheme}://{host}" if port == PORTS[scheme] else f"{scheme}://{host}:{port}"


def origin_of(address: str) -> str:
    """Where a link leads, in the form of SITE_URL; empty for one within the site, and for one that
    cannot be read."""
    try:
        parts = urlsplit(address)
        return normalized(f"{parts.scheme}://{parts.netloc}")
    except ValueError:
        return ""


def _host(given: str) -> str:
    if given.startswith("["):
        address = IPv6Address(given[1:-1])
        if address.scope_id:
            raise ValueError("a zone, which means something on one machine only")
        return f"[{address}]"
    name = given.lower() if given.isascii() else idna.encode(given, uts46=True).decode()
    name = name.removesuffix(".")
    if not NAME.fullmatch(name):
        raise ValueError("not the name of a host")
    if "xn--" in name:
        idna.decode(name)  # raises ValueError for what no browser opens
    return str(IPv4Address(name)) if NUMBER.fullmatch(name) else name
