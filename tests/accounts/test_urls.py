"""Of django-allauth only what is in use answers, and there is no sign-up anywhere."""

import re
from importlib import import_module
from typing import Any

from django.test import Client
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve


def names(patterns: Any, prefix: str = "") -> dict[str, str]:
    """Every address with a name, and a path that leads there."""
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


def test_of_allauth_s_addresses_only_those_in_use_answer(trainer: Client) -> None:
    """Wherever they might be mounted; there is no sign-up, signed in or not."""
    ours = set(names(get_resolver().url_patterns))
    asked = 0
    for module in ("account", "mfa"):
        patterns = import_module(f"allauth.{module}.urls").urlpatterns
        for name, path in names(patterns).items():
            if path == "/":
                continue  # where it is mounted
            for prefix in ("", "/accounts", f"/{module}", f"/accounts/{module}", "/accounts/2fa"):
                for client in (Client(), trainer):
                    asked += 1
                    assert client.get(prefix + path).status_code == 404, prefix + path
            for prefix in ("/admin", "/admin/sign-in"):
                assert name in ours or not is_allauth(prefix + path), prefix + path
    assert asked > 200
    assert not {name for name in ours if "signup" in name or "sign_up" in name}
