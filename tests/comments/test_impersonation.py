"""Impersonating the trainer, the authors or the business is detected and held."""

import json
import time
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from comments import moderation
from comments.impersonation import imitated_by_name, imitated_by_signature
from comments.models import Comment
from publishing.models import Site
from tests.support.answering import edit, post_comment, stranger
from tests.support.make import make_article, make_author, make_comment
from tests.support.page import read

pytestmark = pytest.mark.database

IMITATIONS = [
    *(
        "Elsie",
        "elsie, trainer",
        "ELSIE",
        "Élsie",
        "E l s i e",
        "E.l.s.i.e.",
        "Elsie ✓",
        "✅ Elsie",
    ),
    *("Coach Elsie", "ElsieTrainer", "elsietrainer", "TeamElsie", "The real Elsie", "Elsie V."),
    *("3lsie", "El5ie", "E1sie", "EIsie", "E|sie", "Elsiee", "Ełsie", "El\u200bsie", "el sie"),
    *("Еlsie", "Elѕie", "Εlsie", "ЕLЅІЕ", "Ꭼlsie", "ɘlsie", "Σlsie", "Eⅼsie"),
    *("𝓔𝓵𝓼𝓲𝓮", "Ｅｌｓｉｅ", "ᴇʟsɪᴇ", "🅔🅛🅢🅘🅔", "🇪🇱🇸🇮🇪", "Ⓔⓛⓢⓘⓔ", "Elsie 🏋️"),
    *("Elsie Velazquez", "Velazquez, Elsie", "elsievelazquez", "Elsie Velázquez", "Elsie’s"),
    *("Glute Garden", "glute garden team", "Velazquez Training", "velazqueztraining"),
    *("Trainer", "Admin ✓", "Coach", "the team", "La entrenadora", "Senior trainer"),
    *(
        "Elsie77",
        "Elsie2",
        "Elsie5",
        "Elsie9",
        "Elsie0",
        "Elsie22",
        "Elsie2026",
        "7Elsie7",
        "3lsie7",
    ),
    *("Elsie|trainer", "Elsie@trainer", "Elsie!coach", "Elsie|admin", "Elsie@gym", "Elsie$"),
    *("Elsies", "iamelsie", "thisiselsie", "askelsie", "xElsiex", "elsiev", "Elsieofficiel"),
    *("Head trainer", "Lead coach", "Chief trainer", "therealelsie", "E. Velazquez"),
    *("Velázquez", "Ms. Velázquez", "Velazquez, trainer"),
    *("Elzie", "Elзie", "Elƨie", "Elꙅie", "El§ie", "Els¡e", "E⎮sie", "E❘sie", "£lsie", "E£sie"),
    *("Glute Gardn", "Gulte Garden", "Velasquez Trainning", "Vleazquez Training official"),
]
OTHER_NAMES = [
    *("Ana", "Chelsie", "Kelsie", "Elsa", "Elise", "Elias", "Coach Bob", "Trainer Joe", "Liz"),
    *("María José", "محمد", "李", "Иван", "Coachella", "A reader", "Garden", "", "🔥"),
    *("Host", "Mod", "Elsje", "2026", "Ana77", "Ana!", "Flat Garden", "Rosie", "x"),
]


@pytest.fixture(autouse=True)
def people(db: None) -> None:
    Site(trainer="Elsie", name="Glute Garden", known_readers_pass=True).save()
    make_author(name="Elsie Velazquez", business="Velazquez Training")


@pytest.mark.parametrize("name", IMITATIONS, ids=ascii)
def test_names_that_imitate_the_trainer_or_her_business_are_detected(name: str) -> None:
    assert imitated_by_name(name)


@pytest.mark.parametrize("name", OTHER_NAMES, ids=ascii)
def test_other_names_are_allowed(name: str) -> None:
    assert not imitated_by_name(name)


@pytest.mark.parametrize(
    "words",
    [
        "Do ten of each.\n\n— Elsie, trainer",
        "Stop planks.\nI am Elsie, your trainer.",
        "Stop planks. I am Elsie, your trainer.",
        "Do ten of each - Elsie, trainer",
        "Elsie (trainer): buy this",
        "Do ten of each.\nYours, Elsie",
        "Do ten of each.\nElsie\n\n:)",
        "Do ten of each.\nElsie,",
        "Elsie, trainer,\nsays so.",
        "Buy this! Glute Garden team",
        "Do ten of each.\nElsie xx",
    ],
)
def test_signatures_are_detected(words: str) -> None:
    assert imitated_by_signature(words)


@pytest.mark.parametrize(
    "words",
    [
        "Thank you, Elsie, for the floor one.",
        "Elsie,\nI do ten of each.",
        "Hello Elsie!\nI do ten of each.",
        "I do ten of each. Thanks, Elsie!",
        "I love Elsie.",
        "Who helped me most?\nMy coach",
        "Trainer",
        "The floor one.\nSupport",
        "Elsie's bridge",
        "The one Elsie showed",
    ],
)
def test_texts_without_a_signature_are_allowed(words: str) -> None:
    assert not imitated_by_signature(words)


def test_a_business_without_letters_matches_nothing() -> None:
    make_author(name="🔥", business="🔥 🔥")
    assert not imitated_by_name("Ana")


def test_the_other_favorite_may_mention_the_trainer(known: Client) -> None:
    for favorite in ("Elsie's bridge", "The one Elsie showed"):
        comment = post_comment(known, words="", name="Ana", other_favorite=favorite)
        assert comment.status == "published"


@pytest.fixture
def known() -> Client:
    """A known reader, whose comments are published at once."""
    client = stranger()
    with time_machine.travel(timezone.now() - timedelta(days=2), tick=False):
        for n in range(3):
            post_comment(client, words=f"Number {n}.", name="Ana").publish()
    return client


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "Elsie, trainer"},
        {"name": "Ana", "other_favorite": "Elsie, trainer: the floor one"},
        {"name": "Ana", "words": "Do a hundred.\r\nElsie, trainer"},
    ],
)
def test_impersonation_by_a_known_reader_is_held(known: Client, fields: dict[str, str]) -> None:
    assert post_comment(known, words="Me again.", name="Ana").status == "published"
    comment = post_comment(known, **{"words": "Do a hundred a day."} | fields)
    assert comment.status == "waiting"
    assert "Readers could take it for words of “Elsie”." in comment.reasons.splitlines()
    moderation.publish(comment, None)  # another Elsie may comment
    assert comment.status == "published"


def test_impersonation_by_a_later_edit_is_held(known: Client) -> None:
    comment = post_comment(known, words="Do a hundred a day.", name="Ana")
    edit(known, comment, name="Еlsie, trainer")
    comment.refresh_from_db()
    assert (comment.name, comment.status) == ("Ana", "published")
    assert comment.change
    assert "Readers could take it for words of “Elsie”." in comment.reasons.splitlines()


def test_the_queue_warns_of_impersonation(trainer: Client) -> None:
    comment = post_comment(stranger(), words="Do a hundred a day.", name="Еlsie, trainer")
    row = read(trainer.get("/admin/comments/comment/queue/")).one(id=f"waiting-{comment.pk}")
    hints = [hint.text for hint in row.all("p", "hint")]
    assert "Readers could take it for words of “Elsie”." in hints


def test_a_new_author_is_protected_immediately(known: Client) -> None:
    assert post_comment(known, words="One.", name="Bo Larsen").status == "published"
    make_author(name="Bo Larsen")
    assert post_comment(known, words="Two.", name="bo larsen").status == "waiting"


def test_the_trainers_comments_are_marked_in_ways_no_reader_can_imitate(reader: Client) -> None:
    article = make_article(slug="a")
    parent = make_comment(article=article, words="Zanzibar?", name="Elsie, trainer")
    make_comment(article=article, parent=parent, words="Zanzibar.", by_trainer=True, name="")
    page = read(reader.get("/articles/a/"))
    by_reader, by_trainer = page.all("div", "comment")
    assert not by_reader.all("svg")
    (mark,) = by_trainer.all("svg")
    assert (mark.attrs["role"], mark.attrs["aria-label"]) == ("img", "Written by the trainer")
    (script,) = [s for s in page.all("script") if "Zanzibar" in s.raw]
    nodes: list[Any] = json.loads(script.raw)["@graph"]
    reader_author, trainer_author = [node["author"] for node in nodes if node["@type"] == "Comment"]
    assert trainer_author["name"] == "Elsie"
    assert "worksFor" in trainer_author
    assert "worksFor" not in reader_author
    entries = reader.get("/comments/feed/").text.split("<entry>")[1:]
    assert sorted("<uri>" in entry for entry in entries) == [False, True]
    hits = read(reader.get("/search/?q=zanzibar&kind=comment")).all("article", "hit")
    assert sorted(hit.one("h2").text for hit in hits) == ["Elsie, trainer", "Elsie, trainer"]


def test_the_form_says_who_reads_answers_according_to_the_setting(reader: Client) -> None:
    make_article(slug="a")
    sentence = "Elsie reads every answer before it appears."
    for passes in (True, False, True):
        site = Site.current()
        site.known_readers_pass = passes
        site.save()
        for address in ("/articles/a/", "/favorites/"):
            page = read(reader.get(address)).text
            assert (sentence in page) is not passes
            assert ("Elsie reads every new reader’s answer" in page) is passes
    assert Comment.objects.count() == 0


def test_signature_detection_is_fast_for_many_short_lines() -> None:
    """The generous bound guards against a hang."""
    lines = "\n".join(f"{n:x}.b:c" for n in range(5000))[:5000]
    began = time.monotonic()
    assert not imitated_by_signature(lines)
    assert time.monotonic() - began < 5
