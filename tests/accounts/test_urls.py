"""Only those addresses of django-allauth that the site uses exist, and there is no sign-up."""

import re
from importlib import import_module
from typing import Any

from django.test import Client
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve


def names(patterns: Any, prefix: str = "") -> dict[str, str]:
    """The names of all addresses, each with an example path."""
    found: dict[str, str] = {}
    for pattern in patterns:
        path = prefix + re.sub(r"\(\?P<\w+>.*?\)|<\w+:\w+>|<\w+>", "1", str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            found |= names(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern) and pattern.name:
            found[pattern.name] = "/" + re.sub(r"[\^$]|\\Z", "", path)
    return found


def is_allauth(path: str) -> bool:
    try:
        view = resolve(path).func
    except Resolver404:
        return False
    return getattr(view, "view_class", view).__module__.startswith("allauth")


def test_only_the_addresses_of_allauth_that_are_used_exist(trainer: Client) -> None:
    """Tries all prefixes under which they could be included, signed in and not."""
    ours = set(names(get_resolver().url_patterns))
    asked = 0
    for module in ("account", "mfa"):
        patterns = import_module(f"allauth.{module}.urls").urlpatterns
        for name, path in names(patterns).items():
            if path == "/":
                continue  # the include itself
            for prefix in ("", "/accounts", f"/{module}", f"/accounts/{module}", "/accounts/2fa"):
                for client in (Client(), trainer):
                    asked += 1
                    assert client.get(prefix + path).status_code == 404, prefix + path
            for prefix in ("/admin", "/admin/sign-in"):
                assert name in ours or not is_allauth(prefix + path), prefix + path
    assert asked > 200
    assert not {name for name in ours if "signup" in name or "sign_up" in name}
