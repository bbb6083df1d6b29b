"""Open data: the library as JSON and drawings as SVG; also security.txt, manifest, robots, llms."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import time_machine
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from PIL import Image

from figures import figure
from publishing.models import Site
from tests.support.make import make_equipment, make_exercise, make_muscle, make_variation

HERE = settings.SITE_URL
pytestmark = pytest.mark.usefixtures("starter")
OPEN_DATA = ["/exercises.json", "/exercises/hip-thrust.json", "/drawings/squat-box-start.svg"]


@pytest.mark.parametrize("address", OPEN_DATA)
def test_open_data_allows_any_origin_and_conditional_requests(reader: Client, address: str) -> None:
    response = reader.get(address)
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Cache-Control"] == "public, max-age=300"
    assert not response.cookies
    again = reader.get(address, headers={"If-None-Match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert reader.post(address).status_code == 405


def test_the_list_contains_each_exercise_as_in_its_own_file(reader: Client) -> None:
    data = reader.get("/exercises.json").json()
    assert data["version"] == 2
    assert len(data["exercises"]) >= 14
    for exercise in data["exercises"]:
        single = reader.get(exercise["data"].removeprefix(HERE)).json()
        assert single["exercise"] == exercise
        assert reader.get(exercise["url"].removeprefix(HERE)).status_code == 200
        for variation in exercise["variations"]:
            assert variation["steps"]
            assert variation["prescription"]["sets"]["min"] >= 1
            for address in variation["drawings"].values():
                assert reader.get(address.removeprefix(HERE)).status_code == 200


def test_unstated_values_are_null_and_durations_have_units(reader: Client) -> None:
    tools = [make_equipment(slug="log"), make_equipment(slug="rock")]
    lift = make_exercise(
        slug="lift", other_names="rise, raise", muscles=[make_muscle(slug="okapi")]
    )
    make_variation(
        exercise=lift,
        one_of=tools,
        steps=["Up."],
        prescription={"sets": 2, "seconds": 30, "per_side": True},
        drawing="squat-box",
    )
    exercise = reader.get("/exercises/lift.json").json()["exercise"]
    assert exercise["other_names"] == ["rise", "raise"]
    assert exercise["muscles"][0]["role"] == "primary"
    variation = exercise["variations"][0]
    assert variation["needs"] == [{"one_of": ["log", "rock"], "optional": False, "note": ""}]
    assert variation["steps"] == [{"phase": "move", "text": "Up.", "hold": None}]
    prescription = variation["prescription"]
    assert prescription["in_words"] == "2 sets of 30 seconds each side"
    assert prescription["sets"] == {"min": 2, "max": 2}
    assert prescription["duration"] == {"min": 30, "max": 30, "unit": "second"}
    assert (prescription["repetitions"], prescription["hold"], prescription["rest"]) == (
        None,
        None,
        None,
    )
    assert variation["drawings"]["end"] == f"{HERE}/drawings/squat-box-end.svg"


def test_every_field_is_documented(reader: Client) -> None:
    make_variation(one_of=[make_equipment()])
    text = (Path(settings.BASE_DIR) / "docs" / "open-data.md").read_text()

    def fields(value: Any) -> set[str]:
        if isinstance(value, list):
            return set().union(*map(fields, value))
        if isinstance(value, dict):
            return {*value}.union(*map(fields, value.values()))
        return set()

    missing = [f for f in fields(reader.get("/exercises.json").json()) if f"`{f}`" not in text]
    assert missing == []


def test_drafts_are_not_exported(reader: Client) -> None:
    make_variation(exercise=make_exercise(slug="okapi", published_at=None))
    assert reader.get("/exercises/okapi.json").status_code == 404
    assert "okapi" not in reader.get("/exercises.json").content.decode()


@pytest.mark.parametrize(
    "address",
    ["/exercises.xml", "/exercises.csv", "/exercises/hip-thrust.xml", "/feed.xml", "/feed.rss",
     "/drawings/squat-box-start.png", "/drawings/unicycle-start.svg", "/drawings/squat-box.svg",
     "/sitemap-9.xml", "/sitemap-articles-9.xml", "/sitemap-pages-2.xml", "/sitemap-zebras-1.xml"],
)  # fmt: skip
def test_an_unknown_format_or_name_is_404(reader: Client, address: str) -> None:
    assert reader.get(address).status_code == 404


@pytest.mark.parametrize("which", ["start", "end"])
def test_a_drawing_file_has_its_own_style_allowed_by_hash(reader: Client, which: str) -> None:
    for key in figure.drawing_keys():
        response = reader.get(f"/drawings/{key}-{which}.svg")
        assert response["Content-Type"] == "image/svg+xml"
        svg = ET.fromstring(response.content)
        style = svg.findtext("{http://www.w3.org/2000/svg}style") or ""
        used = {e.get("class", "") for e in svg.iter() if e.get("class", "").startswith("fig-")}
        assert {name for name in used - {"fig-hatch"} if f".{name}{{" not in style} == set()
        policy = response["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "style-src 'sha256-" in policy


def test_security_txt_never_expires(reader: Client) -> None:
    for now in (datetime(2026, 2, 28, 23, tzinfo=UTC), datetime(2031, 12, 31, tzinfo=UTC)):
        with time_machine.travel(now, tick=False):
            text = reader.get("/.well-known/security.txt").content.decode()
        fields = dict(line.split(": ", 1) for line in text.splitlines())
        expires = datetime.fromisoformat(fields["Expires"])
        assert timedelta(days=120) < expires - now < timedelta(days=365)
        assert fields["Contact"].startswith(f"{HERE}/")
        assert fields["Canonical"] == f"{HERE}/.well-known/security.txt"
    Site.current()
    Site.objects.update(email="elsie@example.com")
    text = reader.get("/.well-known/security.txt").content.decode()
    assert text.startswith("Contact: mailto:elsie@example.com\n")


def test_the_manifest_icons_have_their_declared_size(reader: Client) -> None:
    response = reader.get("/manifest.webmanifest")
    assert response["Content-Type"] == "application/manifest+json"
    manifest = json.loads(response.content)
    assert manifest["name"] == Site.current().name
    assert manifest["short_name"] == "Prescription"  # of Prescription Fitness
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
    for icon in manifest["icons"]:
        path = Path(settings.STATIC_ROOT) / icon["src"].removeprefix(settings.STATIC_URL)
        with Image.open(path) as image:
            assert f"{image.width}x{image.height}" == icon["sizes"]
    assert finders.find("img/favicon-32.png")
    assert reader.get("/favicon.ico").status_code == 302


def test_robots_txt_and_llms_txt_link_to_existing_pages(reader: Client) -> None:
    robots = reader.get("/robots.txt").content.decode()
    assert f"Sitemap: {HERE}/sitemap.xml" in robots
    assert "Disallow: /search/" not in robots  # or its noindex would never be read
    llms = reader.get("/llms.txt").content.decode()
    assert llms.startswith("# Prescription Fitness\n")
    links = [part.split(")")[0] for part in llms.split("](")[1:]]
    assert len(links) > 15
    for link in links:
        assert reader.get(link.removeprefix(HERE)).status_code == 200, link
