"""Calls every view as every kind of user with every method, and compares the result with the
hand-written table permissions.toml."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from blog.models import Draft
from comments import emails
from comments.models import Address, Block, Report
from mail.models import Letter
from tests.support.make import make_comment, make_picture
from tests.support.site import ROOT

ROLES = ["reader", "assistant", "trainer"]
TABLE = ROOT / "tests" / "whole_site" / "permissions.toml"
REFUSALS = {401, 403, 404, 405, 410}
OTHER_METHODS = ["head", "put", "patch", "delete"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("starter", "media")]


def views(patterns: Any, prefix: str = "", space: str = "") -> Iterator[tuple[str, str]]:
    """Name and URL pattern of every view. A view without a name is named by its pattern."""
    for pattern in patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{pattern.namespace}:" if pattern.namespace else space
            yield from views(pattern.url_patterns, address, inner)
        elif isinstance(pattern, URLPattern):
            yield space + (pattern.name or address), address


@pytest.fixture
def url_parts(settings: Any) -> dict[str, Any]:
    """Creates a row of every kind. Returns values for the parts of URL patterns."""
    call_command("roles")
    admin_user = User.objects.create_superuser("administrator", "a@example.org")
    comment = make_comment(email="a@example.org")
    make_picture()
    Block.objects.create(value="spam")
    Report.objects.create(comment=comment, sender="s")
    Address.objects.create(email="a@example.org")
    Letter.objects.create(kind="x", to="a@example.org", subject="S")
    Draft.objects.create(key="window", editor=admin_user, typed={})
    return {
        "slug": "hip-thrust",
        "variation": "basic-floor",
        "year": "2026",
        "key": "hip-thrust-basic-floor",
        "which": "start",
        "kind": "articles",
        "number": "1",
        "pk": str(comment.pk),
        "token": emails.desk_token([comment], admin_user),
    }


def address_of(name: str, pattern: str, url_parts: dict[str, Any]) -> str:
    """An address of the view, with the id of an existing row if the view shows one."""
    parts = dict(url_parts)
    for model in admin.site._registry:
        kind = f"admin:{model._meta.app_label}_{model._meta.model_name}_"
        if name.startswith(kind) and (row := model._default_manager.first()):
            parts["object_id"] = str(row.pk)
            parts["pk" if name.endswith(("words", "share")) else "id"] = str(row.pk)
            if hasattr(row, "history") and (revision := row.history.first()):
                parts["revision"] = str(revision.pk)
    if name == "subject" or name.startswith("subject_"):
        parts["slug"] = "glutes"
    if name.startswith("author"):
        parts["slug"] = "elsie-velazquez"
    if name == "shut_out_device":
        parts["pk"] = "0"
    if name == "page":
        parts["slug"] = "privacy"
    path = re.sub(r"\(\?P<(\w+)>.*?\)(?=[/.\\-]|$)", lambda m: parts.get(m[1], "1"), pattern)
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda m: parts.get(m[1], "1"), path)
    return "/" + re.sub(r"[\^$]|\\Z|\\", "", path)


def session_of(role: str) -> str:
    """The session key of a user with this role; empty for a reader."""
    if role == "reader":
        return ""
    user = User.objects.filter(username=role).first()
    if not user:
        user = User.objects.create_user(role, is_staff=True)
        user.groups.add(Group.objects.get(name=role.capitalize()))
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


def is_allowed(session: str, method: str, address: str) -> bool:
    """True if the view neither refuses nor redirects to the sign-in. Rolls back what it did."""
    client = Client(raise_request_exception=True)
    if session:
        client.cookies["sessionid"] = session
    with transaction.atomic():
        response = getattr(client, method)(address)
        transaction.set_rollback(True)
    target = response.get("Location", "")
    needs_sign_in = target.startswith("/admin/login/") or (target == "/admin/" and not session)
    return response.status_code not in REFUSALS and not needs_sign_in


def actual(method: str, url_parts: dict[str, Any]) -> dict[str, set[str]]:
    """The roles that are allowed to use each view."""
    sessions = {role: session_of(role) for role in ROLES}
    return {
        name: {
            role
            for role in ROLES
            if is_allowed(sessions[role], method, address_of(name, pattern, url_parts))
        }
        for name, pattern in views(get_resolver().url_patterns)
    }


def expected(method: str) -> dict[str, set[str]]:
    """The table: the roles by view. A * in the name of a view stands for any word."""
    table = tomllib.loads(TABLE.read_text())[method]
    names = [name for name, _ in views(get_resolver().url_patterns)]
    roles: dict[str, set[str]] = {name: set() for name in names}
    for role, patterns in table.items():
        for pattern in patterns:
            shape = re.compile(re.escape(pattern).replace(r"\*", r"\w+"))
            matching = [name for name in names if shape.fullmatch(name)]
            assert matching, f"{TABLE.name}: no view is called {pattern}"
            for name in matching:
                roles[name] = set() if role == "nobody" else set(ROLES[ROLES.index(role) :])
    return roles


@pytest.mark.parametrize("method", ["get", "post"])
def test_permissions_match_the_table(url_parts: dict[str, Any], method: str) -> None:
    found, table = actual(method, url_parts), expected(method)
    both = {name: (sorted(found[name]), sorted(table[name])) for name in found}
    assert {name: pair for name, pair in both.items() if pair[0] != pair[1]} == {}


@pytest.mark.parametrize("role", ["reader", "assistant"])
def test_other_methods_allow_nothing_more(url_parts: dict[str, Any], role: str) -> None:
    session, allowed = session_of(role), {m: expected(m) for m in ("get", "post")}
    for name, pattern in views(get_resolver().url_patterns):
        if role in allowed["get"][name] | allowed["post"][name]:
            continue
        address = address_of(name, pattern, url_parts)
        for method in OTHER_METHODS:
            assert not is_allowed(session, method, address), f"{method} {name}"


def test_every_admin_model_is_tested() -> None:
    names = {name for name, _ in views(get_resolver().url_patterns)}
    for model in admin.site._registry:
        assert f"admin:{model._meta.app_label}_{model._meta.model_name}_change" in names
