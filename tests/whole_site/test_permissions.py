"""Who may do what: every view is called by everyone with every method, and what happens is compared
with the table written by hand in permissions.toml."""

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

PEOPLE = ["reader", "assistant", "trainer"]
TABLE = ROOT / "tests" / "whole_site" / "permissions.toml"
REFUSED = {401, 403, 404, 405, 410}
OTHERS = ["head", "put", "patch", "delete"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("starter", "media")]


def views(patterns: Any, prefix: str = "", space: str = "") -> Iterator[tuple[str, str]]:
    """Every view by its name (or by its address, where it has none), and its address's pattern."""
    for pattern in patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{pattern.namespace}:" if pattern.namespace else space
            yield from views(pattern.url_patterns, address, inner)
        elif isinstance(pattern, URLPattern):
            yield space + (pattern.name or address), address


@pytest.fixture
def world(settings: Any) -> dict[str, Any]:
    """A row of everything; what stands for each part of an address."""
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


def filled(name: str, pattern: str, world: dict[str, Any]) -> str:
    """An address of the view, of a row that exists where its name tells which."""
    parts = dict(world)
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


def person(role: str) -> str:
    """The session of somebody signed in."""
    if role == "reader":
        return ""
    user = User.objects.filter(username=role).first()
    if not user:
        user = User.objects.create_user(role, is_staff=True)
        user.groups.add(Group.objects.get(name=role.capitalize()))
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


def may(session: str, method: str, address: str) -> bool:
    """Whether the view does its work for this person; whatever it did is taken back."""
    client = Client(raise_request_exception=True)
    if session:
        client.cookies["sessionid"] = session
    with transaction.atomic():
        answer = getattr(client, method)(address)
        transaction.set_rollback(True)
    leads_to = answer.get("Location", "")
    to_the_door = leads_to.startswith("/admin/login/") or (leads_to == "/admin/" and not session)
    return answer.status_code not in REFUSED and not to_the_door


def found(method: str, world: dict[str, Any]) -> dict[str, set[str]]:
    sessions = {role: person(role) for role in PEOPLE}
    return {
        name: {role for role in PEOPLE if may(sessions[role], method, filled(name, pattern, world))}
        for name, pattern in views(get_resolver().url_patterns)
    }


def written(method: str) -> dict[str, set[str]]:
    """The table, by name of the view. A * in a name stands for any word."""
    table = tomllib.loads(TABLE.read_text())[method]
    names = [name for name, _ in views(get_resolver().url_patterns)]
    told: dict[str, set[str]] = {name: set() for name in names}
    for who, patterns in table.items():
        for pattern in patterns:
            shape = re.compile(re.escape(pattern).replace(r"\*", r"\w+"))
            matching = [name for name in names if shape.fullmatch(name)]
            assert matching, f"{TABLE.name}: no view is called {pattern}"
            for name in matching:
                told[name] = set() if who == "nobody" else set(PEOPLE[PEOPLE.index(who) :])
    return told


@pytest.mark.parametrize("method", ["get", "post"])
def test_everybody_may_do_what_the_table_says(world: dict[str, Any], method: str) -> None:
    does, says = found(method, world), written(method)
    differ = {name: (sorted(does[name]), sorted(says[name])) for name in does}
    assert {name: both for name, both in differ.items() if both[0] != both[1]} == {}


@pytest.mark.parametrize("role", ["reader", "assistant"])
def test_other_methods_open_nothing_more(world: dict[str, Any], role: str) -> None:
    session, opened = person(role), {m: written(m) for m in ("get", "post")}
    for name, pattern in views(get_resolver().url_patterns):
        if role in opened["get"][name] | opened["post"][name]:
            continue
        address = filled(name, pattern, world)
        for method in OTHERS:
            assert not may(session, method, address), f"{method} {name}"


def test_every_kind_of_row_of_the_desk_is_in_the_walk() -> None:
    names = {name for name, _ in views(get_resolver().url_patterns)}
    for model in admin.site._registry:
        assert f"admin:{model._meta.app_label}_{model._meta.model_name}_change" in names
