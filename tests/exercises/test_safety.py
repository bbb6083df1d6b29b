"""What to ask a doctor about first, when to stop, and when to call 911: in one wording."""

import re
from pathlib import Path

import pytest
from django.test import Client

from exercises import safety
from exercises.models import Exercise, Variation
from tests.support.make import make_article, make_exercise, make_variation
from tests.support.page import read, save
from tests.support.site import ROOT

ASK = "Ask a doctor first if you have"
TEXTS = [
    path
    for folder in ("blog/starter", "templates", "exercises")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".html", ".md", ".toml", ".py"}
]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_every_sentence_about_911_is_the_standing_one(path: Path) -> None:
    if path.name != "safety.py":
        found = re.findall(r"[A-Z][^.“”]*\b911\b[^.]*\.", path.read_text())
        assert {sentence.replace("**", "") for sentence in found} <= {
            safety.CALL_911,
            safety.WARNING_SIGNS,
        }


def test_the_health_notice_has_both_sentences_about_911() -> None:
    text = (ROOT / "blog/starter/pages/health-notice.md").read_text()
    assert safety.CALL_911 in text
    assert safety.WARNING_SIGNS in text


@pytest.fixture
def variation(db: None) -> Variation:
    exercise = make_exercise(ask_first="knee pain\na hernia", check_first="Warm up.")
    return make_variation(exercise=exercise, ask_first="glaucoma\nknee pain", check_first="Slow.")


def test_pages_and_prints_say_what_to_ask_about_first(variation: Variation, reader: Client) -> None:
    home = variation.exercise.get_absolute_url()
    page = read(reader.get(home))
    top = page.one("div", "stop").text
    assert top.startswith(f"{ASK} knee pain or a hernia. {safety.STOP_AT} {safety.CALL_911}")
    both = f"{ASK} glaucoma, knee pain or a hernia."
    assert page.one("section", "card").one("div", "check").text == f"{both} Check first. Slow."
    article = make_article(text=variation.card_line)
    card = read(reader.get(article.get_absolute_url())).one("section", "card")
    assert card.one("div", "check").text == f"{both} Check first. Slow."
    assert both in read(reader.get(f"{home}{variation.slug}/card/")).one("p", "print-check").text
    ladder = read(reader.get(f"{home}card/")).one("p", "print-check").text
    assert ladder.startswith(f"{ASK} knee pain, a hernia or glaucoma.")
    feed = reader.get("/feed.json").json()["items"][0]["content_html"]
    assert both in read(feed).text


def test_without_a_list_paper_has_the_general_sentence_and_pages_none(reader: Client) -> None:
    row = make_variation()
    home = row.exercise.get_absolute_url()
    for address in (f"{home}card/", f"{home}{row.slug}/card/"):
        check = read(reader.get(address)).one("p", "print-check").text
        assert check == f"{safety.ASK_IN_GENERAL} {safety.STOP_AT} {safety.CALL_911}"
    page = read(reader.get(home))
    assert ASK not in page.text
    assert page.one("section", "card").all("div", "check") == []


@pytest.mark.parametrize("kind", ["exercise", "variation"])
def test_the_list_is_cleaned_when_it_is_saved(
    variation: Variation, trainer: Client, kind: str
) -> None:
    row: Exercise | Variation = variation if kind == "variation" else variation.exercise
    form = f"/admin/exercises/{kind}/{row.pk}/change/"
    typed = " back pain. \n\nBack pain\r\na hip replacement "
    assert save(trainer, form, ask_first=typed).status_code == 302
    row.refresh_from_db()
    assert row.ask_first == "back pain\na hip replacement"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("\n".join(f"trouble {n}" for n in range(11)), "These are 11. Choose the 10"),
        ("a" * 81, "Say it in at most 80 characters"),
    ],
    ids=["too many", "too long"],
)
def test_a_list_that_nobody_reads_is_refused_and_kept(
    variation: Variation, trainer: Client, typed: str, sentence: str
) -> None:
    address = f"/admin/exercises/variation/{variation.pk}/change/"
    page = read(save(trainer, address, ask_first=typed))
    assert sentence in page.one("div", "field-ask_first").text
    fields = page.one("form", id="variation_form").fields()
    assert fields["ask_first"].split() == typed.split()
