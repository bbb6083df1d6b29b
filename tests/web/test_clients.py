"""The client address that rate limits count by, behind a web server on this machine or another."""

from typing import Any

import pytest
from django.test import RequestFactory

from web.clients import client_address

SOCKET = ""  # REMOTE_ADDR of a request over a Unix socket


@pytest.mark.parametrize(
    ("remote_addr", "forwarded", "expected"),
    [
        (SOCKET, "198.51.100.7", "198.51.100.7"),
        (SOCKET, "203.0.113.9, 198.51.100.7", "198.51.100.7"),  # the client sent the first one
        (SOCKET, "203.0.113.9, 198.51.100.7, 10.0.0.5", "198.51.100.7"),  # a balancer before nginx
        (SOCKET, "2001:db8:1:2:3::4", "2001:db8:1:2::"),
        (SOCKET, "203.0.113.9, nobody", ""),
        (SOCKET, "203.0.113.9,", ""),
        (SOCKET, "", ""),
        ("127.0.0.1", "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),
    ],
)
def test_client_address_is_the_last_hop_outside_the_trusted_proxies(
    settings: Any, remote_addr: str, forwarded: str, expected: str
) -> None:
    settings.TRUSTED_PROXIES = ["127.0.0.1/32", "::1/128", "10.0.0.0/24"]
    headers = {"X-Forwarded-For": forwarded}
    request = RequestFactory(REMOTE_ADDR=remote_addr, headers=headers).get("/")
    assert client_address(request) == expected
