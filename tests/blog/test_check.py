"""The findings of the check before publishing: stops, questions, and the line they refer to."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from blog.models import Article, Author, Page
from publishing.models import Redirect, Site, Subject
from tests.support.make import (
    later,
    make_article,
    make_author,
    make_exercise,
    make_page,
    make_picture,
    make_source,
    make_subject,
    make_variation,
)
from tests.support.page import read, save
from writing import check

pytestmark = pytest.mark.django_db


def complete_article(**overrides: Any) -> Article:
    """An article without findings."""
    defaults: dict[str, Any] = {
        "title": "The hip thrust",
        "standfirst": "One sentence.",
        "text": "Plain words.",
        "lead_picture": make_picture(),
    }
    return make_article(**defaults | overrides)


def findings_of(article: Article) -> list[tuple[str, str, str, int]]:
    return [(f.level, f.sentence, f.spot, f.line) for f in check.findings(article)]


def only_finding(article: Article) -> tuple[str, str, str, int]:
    found = findings_of(article)
    assert len(found) == 1, found
    return found[0]


def test_a_complete_article_has_no_findings() -> None:
    assert findings_of(complete_article()) == []


def test_the_starter_article_has_no_findings(media: Path) -> None:
    call_command("load_starter", verbosity=0)
    assert findings_of(Article.objects.get(slug="hip-thrust")) == []


def test_title_opening_sentence_and_lead_picture_are_checked() -> None:
    level, sentence, spot, _ = only_finding(complete_article(title="T" * 61))
    assert (level, spot) == ("question", "title")
    assert "61 characters" in sentence
    assert findings_of(complete_article(title="T" * 60)) == []
    assert only_finding(complete_article(standfirst=" "))[::2] == ("question", "standfirst")
    assert only_finding(complete_article(lead_picture=None))[::2] == ("question", "lead_picture")
    article = complete_article()
    article.title = " "
    assert only_finding(article)[::2] == ("stop", "title")


@pytest.mark.parametrize(
    ("picture", "level", "part"),
    [
        ({"text_alternative": ""}, "stop", "needs words"),
        ({"text_alternative": " \n"}, "stop", "needs words"),
        ({"text_alternative": "IMG_1234.jpg"}, "question", "name of a file"),
        ({"text_alternative": "hip-thrust.webp"}, "question", "name of a file"),
        ({"text_alternative": "DSC 0042"}, "question", "name of a file"),
        ({"text_alternative": "hip thrust.JPG"}, "question", "name of a file"),
        ({"text_alternative": "IMG_1234 2"}, "question", "name of a file"),
        ({"text_alternative": "Screenshot 2026-05-01 at 10.11"}, "question", "name of a file"),
        ({"text_alternative": "photo"}, "question", "name of a file"),
        ({"text_alternative": "one"}, "question", "name of a file"),
        ({"text_alternative": "This is a photo of me"}, "question", "that it is a picture"),
        ({"text_alternative": "An image of a zebra"}, "question", "that it is a picture"),
        ({"text_alternative": "Photo of a zebra"}, "question", "that it is a picture"),
        ({"text_alternative": "A zebra.", "caption": "a Zebra."}, "question", "caption again"),
    ],
)
def test_a_poor_text_alternative_is_reported(
    picture: dict[str, str], level: str, part: str
) -> None:
    row = make_picture(name="one", **picture)
    lead = only_finding(complete_article(lead_picture=row))
    assert (lead[0], lead[2], lead[3]) == (level, "lead_picture", 0)
    assert part in lead[1]
    placed = only_finding(complete_article(text="Words.\n\n[[picture:one]]"))
    assert (placed[0], placed[2], placed[3]) == (level, "text", 3)


@pytest.mark.parametrize(
    "words",
    [
        "A zebra.",
        "Imagine a zebra.",
        "Picture frames on a wall",
        "v1.2 of the plan",
        "Photo 3 shows the top",
    ],
)
def test_a_good_text_alternative_is_accepted(words: str) -> None:
    assert findings_of(complete_article(lead_picture=make_picture(text_alternative=words))) == []
    decorative = make_picture(text_alternative="", decorative=True)
    assert findings_of(complete_article(lead_picture=decorative)) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [("## A\n\n#### B", 3), ("### A", 1), ("## A\n\n### B\n\n## C\n\n#### D", 7)],
)
def test_a_skipped_heading_level_is_reported(text: str, line: int) -> None:
    level, sentence, spot, at = only_finding(complete_article(text=text))
    assert (level, spot, at) == ("question", "text", line)
    assert sentence.startswith("The heading “")


def test_headings_in_order_are_accepted() -> None:
    text = "## A\n\n### B\n\n#### C\n\n## D\n\n# E\n\n```\n#### F\n```"
    assert findings_of(complete_article(text=text)) == []


@pytest.mark.parametrize(
    "words", ["click here", "Here", "Read more…", "this link", "**here**", "Learn more", ""]
)
def test_a_meaningless_link_text_is_reported(words: str) -> None:
    found = only_finding(complete_article(text=f"One.\nTwo [{words}](https://example.org/)."))
    assert found[0] == "question"
    assert "where it leads" in found[1]


def test_links_within_the_site_must_lead_to_a_page() -> None:
    make_article(slug="live")
    make_article(slug="coming", published_at=later())
    make_variation(exercise=make_exercise(slug="lift"), slug="bench")
    make_page(slug="privacy")
    make_subject(slug="glutes", other_names="butt")
    moved = make_article(slug="before")
    moved.slug = "after"
    moved.save()
    good = [
        "/", "/articles/live/", "/exercises/lift/#bench", "/privacy/", "/favorites/",
        "/articles/before/", "/search/?q=x", "#s-part", "/articles", "/articles/live",
        "/subjects/glutes/", "/subjects/butt/", "/exercises/lift/bench/card/",
        "mailto:a@example.org",
        "https://example.org/articles/none/", "http://127.0.0.1:8000/articles/live/",
    ]  # fmt: skip
    text = "\n\n".join(f"[A good link]({address})" for address in good)
    assert findings_of(complete_article(text=text)) == []
    bad = ["/articles/none/", "/articles/coming/", "/nowhere/", "/exercises/lift/x/y/", "privacy/",
           "/articles/none", "/subjects/none/", "/exercises/lift/none/card/", "https://", "",
           "http://127.0.0.1:8000/exercises/none/"]  # fmt: skip
    for address in bad:
        found = only_finding(complete_article(text=f"[A bad link]({address})"))
        assert found[0] == "stop", address
        assert "leads nowhere" in found[1]


@pytest.mark.parametrize(
    "claim",
    [
        "Research shows that it works.",
        "Studies say so.",
        "According to a friend, it helps.",
        "It works three times as much as the squat.",
        "It is 2.4 times higher.",
        "It is twice as hard.",
        "It worked at 69.5% of its best.",
        "About 20 percent of people can.",
        "It is 3x more effective.",
        "It trains twice the muscle.",
        "It gives a 20-percent gain.",
        "Scientists agree.",
        "It has been shown to help.",
        "100% of people can.",
    ],
)
def test_a_claim_needs_a_source(claim: str) -> None:
    found = only_finding(complete_article(text=f"## Part\n\n{claim}"))
    assert (found[0], found[3]) == ("question", 3)
    assert "sounds like a claim" in found[1]
    assert findings_of(complete_article(text=f"## Part\n\n{claim} [@doe]")) == []
    text = f"## Part\n\nDoe measured it [@doe].\n\n{claim}"
    assert findings_of(complete_article(text=text)) == []
    text = f"## Part\n\nDoe [@doe].\n\n## Next\n\n{claim}"
    assert only_finding(complete_article(text=text))[3] == 7


@pytest.mark.parametrize(
    "words",
    [
        "Train three times a week.",
        "A student of mine.",
        "Ten times, slowly.",
        "It is well studied.",
        "Two or three times a week, and twice on Sunday.",
        "Do this 3 times more.",
        "Do it two times as you breathe out, ten times the next day.",
        "Give it 100 %, or 100 percent.",
        "Lift 80% of what you can lift, and add 5 percent each week.",
        "Choose according to your level.",
        "I study anatomy, and did my research.",
    ],
)
def test_plain_sentences_are_not_taken_for_claims(words: str) -> None:
    assert findings_of(complete_article(text=words)) == []


def test_a_missing_card_blocks_and_a_draft_card_is_a_question() -> None:
    exercise = make_exercise(slug="lift")
    make_variation(exercise=exercise, slug="basic", name="Basic lift")
    assert findings_of(complete_article(text="[[lift/basic]]")) == []
    missing = only_finding(complete_article(text="Words.\n\n[[lift/none]]"))
    assert (missing[0], missing[2], missing[3]) == ("stop", "text", 3)
    exercise.published_at = None
    exercise.save()
    draft = only_finding(complete_article(text="[[lift/basic]]"))
    assert draft[0] == "question"
    assert "still a draft" in draft[1]


def test_a_card_by_a_former_name_is_a_question() -> None:
    variation = make_variation(exercise=make_exercise(slug="lift"), slug="basic")
    variation.exercise.slug, variation.slug = "thrust", "easy"
    variation.exercise.save()
    variation.save()
    for former in ("lift/basic", "thrust/basic"):
        level, sentence, *_ = only_finding(complete_article(text=f"[[{former}]]"))
        assert level == "question"
        assert f"“{former}” is now called “thrust/easy”" in sentence
    assert findings_of(complete_article(text="[[thrust/easy]]")) == []


@pytest.mark.parametrize(
    ("path", "is_known"),
    [
        ("/exercises/lift/new/", True),
        ("/exercises/lift/new", True),
        ("/exercises/lift/new/card/", True),
        ("/exercises/lift/old/", True),
        ("/exercises/lift/old/card/", True),
        ("/exercises/lift/#old", True),
        ("/exercises/lift/withdrawn/", False),
        ("/exercises/lift/draft/", False),
        ("/exercises/lift/none/", False),
    ],
)
def test_links_to_variations(path: str, is_known: bool) -> None:
    exercise = make_exercise(slug="lift")
    moved = make_variation(exercise=exercise, slug="old")
    moved.slug = "new"
    moved.save()
    withdrawn = make_variation(exercise=exercise, slug="withdrawn")
    withdrawn.published_at = None
    withdrawn.save()
    make_variation(exercise=exercise, slug="draft", published_at=None)
    found = findings_of(complete_article(text=f"See [how it is done]({path})."))
    assert (found == []) == is_known


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("Do four sets.", "“four sets”, the card of “Basic lift” below says 3 sets"),
        ("Do 12 reps of it.", "“12 reps”, the card of “Basic lift” below says 10 repetitions"),
        ("Hold it for 5 seconds.", "“5 seconds”, the card of “Basic lift” below says 2 seconds"),
        ("Do 11 to 15 reps.", "“11 to 15 reps”, the card of “Basic lift” below says 10"),
        ("A 5-second squeeze ends it.", "“5-second”, the card of “Basic lift” below says 2"),
        ("When 3 × 12 are steady, go on.", "“3 × 12”"),
    ],
)
def test_a_number_that_contradicts_the_card_is_reported(words: str, part: str) -> None:
    make_variation(
        exercise=make_exercise(slug="lift"),
        slug="basic",
        name="Basic lift",
        prescription={"sets": 3, "repetitions": 10, "hold_seconds": 2, "hold_where": "at the top"},
    )
    found = only_finding(complete_article(text=f"{words}\n\n[[lift/basic]]"))
    assert (found[0], found[3]) == ("question", 1)
    assert part in found[1]
    assert findings_of(complete_article(text=f"{words}\n\n## Another part\n\n[[lift/basic]]")) == []
    fine = "Do three sets of 10 reps, 3 × 10, and hold for 2 seconds."
    assert findings_of(complete_article(text=f"{fine}\n\n[[lift/basic]]")) == []


@pytest.mark.parametrize(
    "words",
    [
        "Do two or three sets of 8–12 reps.",
        "The last two reps are hard; stop with two reps left.",
        "Do two more sets of another lift first.",
        "Hold it for 2 seconds, lower for three seconds, then rest for 60 seconds.",
        "After a 90-second rest, go on.",
    ],
)
def test_a_number_that_agrees_with_the_card_is_accepted(words: str) -> None:
    make_variation(
        exercise=make_exercise(slug="lift"),
        slug="basic",
        prescription={"sets": 3, "repetitions": 10, "hold_seconds": 2, "hold_where": "at the top"},
    )
    assert findings_of(complete_article(text=f"{words}\n\n[[lift/basic]]")) == []


@pytest.mark.parametrize(
    ("words", "prescription", "part"),
    [
        ("Do 5 to 8 reps.", {"sets": 3, "repetitions": 5, "repetitions_to": 8}, ""),
        ("Do 8 to 12 reps.", {"sets": 3, "repetitions": 5, "repetitions_to": 8}, ""),
        ("Do 3 × 5–8.", {"sets": 3, "repetitions": 8}, ""),
        ("Do 2–3 × 10.", {"sets": 2, "repetitions": 10}, ""),
        ("Hold 2 × 20–30 s.", {"sets": 2, "seconds": 30}, ""),
        ("Do 10 reps.", {"sets": 3, "maximum": "repetitions"}, ""),
        ("Hold it for 60 seconds.", {"sets": 3, "maximum": "seconds"}, ""),
        ("Do 10 reps.", {"sets": 3, "repetitions": 5, "repetitions_to": 8}, "says 5–8 repetitions"),
        ("Do 2–3 × 10.", {"sets": 4, "repetitions": 10}, "“2–3 × 10”"),
        ("Do 4 sets.", {"sets": 3, "maximum": "repetitions"}, "says 3 sets"),
    ],
)
def test_ranges_agree_if_they_overlap(words: str, prescription: Any, part: str) -> None:
    make_variation(exercise=make_exercise(slug="lift"), slug="basic", prescription=prescription)
    found = findings_of(complete_article(text=f"{words}\n\n[[lift/basic]]"))
    assert len(found) == bool(part)
    assert part in "".join(finding[1] for finding in found)


def test_only_four_things_stop_publishing_and_nothing_stops_saving(trainer: Client) -> None:
    make_picture(name="mute", text_alternative="")
    author = make_author()
    questions = "#### Deep\n\nStudies say [here](https://example.org/)."
    article = make_article(published_at=None, author=author, title="T" * 70, text=questions)
    address = f"/admin/blog/article/{article.pk}/change/"
    for text in ("[[picture:mute]]", "[[no/card]]", "[Nowhere](/nowhere/)", "[[picture:none]]"):
        assert save(trainer, address, text=text, _draft="1").status_code == 302, text
        refused = save(trainer, address, _publish="1")
        assert refused.status_code == 200, text
        assert read(refused).one("ul", "stops").one("a").attrs["data-line"] == "1"
        assert not Article.objects.get().is_live()
    assert save(trainer, address, text=questions, _publish="1").status_code == 302
    assert Article.objects.get().is_live()
    assert save(trainer, address, text="[[no/card]]", _publish="1").status_code == 200
    assert Article.objects.get().text == questions


def test_three_questions_are_shown_and_the_others_collapsed(trainer: Client) -> None:
    article = make_article(title="T" * 70, text="#### Deep\n\nStudies say [here](https://x.org/).")
    page = read(trainer.get(f"/admin/blog/article/{article.pk}/change/"))
    findings = page.one(class_="check")
    assert len(findings.all("ul")[0].all("li")) == 3
    assert findings.one("summary").text == "3 more"
    assert findings.all("a")[0].attrs["href"] == "#id_title"
    assert "score" not in findings.text


def test_a_citation_without_a_source_is_reported_after_saving(trainer: Client) -> None:
    article = make_article(text="Words [@none].", published_at=None)
    make_source(article=article)
    saved = save(trainer, f"/admin/blog/article/{article.pk}/change/", _draft="1")
    assert "no source with the key “none”" in read(trainer.get(saved["Location"])).text


def test_a_typo_in_a_live_article_is_corrected_although_a_page_it_links_to_is_gone(
    trainer: Client,
) -> None:
    page = make_page(slug="plan")
    article = make_article(text="Teh plan: [read it](/plan/).")
    page.delete()
    Redirect.objects.all().delete()
    address = f"/admin/blog/article/{article.pk}/change/"
    text = "The plan: [read it](/plan/)."
    assert save(trainer, address, text=text, _publish="1").status_code == 302
    assert Article.objects.get().text == text
    assert read(trainer.get(address)).one("ul", "stops")


def complete_author(**overrides: Any) -> Author:
    defaults = {"portrait": make_picture(), "biography": "I train people in Cleveland."}
    return make_author(**defaults | overrides)


@pytest.mark.parametrize("field", ["portrait", "biography", "credential"])
def test_an_author_is_asked_for_what_is_missing(field: str) -> None:
    assert check.findings(complete_author()) == []
    empty = None if field == "portrait" else ""
    (found,) = check.findings(complete_author(**{field: empty}))
    assert (found.level, found.spot) == ("question", field)


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("[The plan](/nowhere/)", "stop"),
        ("[[no/card]]", "stop"),
        ("[[picture:none]]", "stop"),
        ("#### Deep", "question"),
        ("[Here](https://example.org/)", "question"),
        ("Studies say so.", "question"),
    ],
)
def test_pages_and_biographies_are_checked_like_articles(text: str, level: str) -> None:
    (of_page,) = check.findings(make_page(text=f"Words.\n\n{text}"))
    assert (of_page.level, of_page.spot, of_page.line) == (level, "text", 3)
    (of_author,) = check.findings(complete_author(biography=text))
    assert (of_author.level, of_author.spot) == (level, "biography")


def test_a_page_names_the_source_of_a_claim_by_a_link() -> None:
    text = "[A study of lifters](https://example.org/) has shown twice the strength."
    assert check.findings(make_page(text=text)) == []


@pytest.mark.parametrize(
    ("text", "site", "reachable"),
    [
        ("I am in Cleveland. Ask under [an article](/articles/).", {}, False),
        ("It takes 3 sets of 10, 60 seconds each, in 2026.", {}, False),
        ("Write to me: elsie@example.org.", {}, True),
        ("Call (216) 555-0148.", {}, True),
        ("[Book a session](https://example.org/book).", {}, True),
        ("[Write to me](mailto:elsie@example.org).", {}, True),
        ("Come by.", {"email": "elsie@example.org"}, True),
        ("Come by.", {"phone": "(216) 555-0148"}, True),
        ("Come by.", {"booking_url": "https://example.org/book"}, True),
        ("Come by.", {"address": "1 Main Street, Cleveland"}, True),
    ],
)
def test_a_contact_page_says_how_to_reach_her(
    text: str, site: dict[str, str], reachable: bool
) -> None:
    Site.current()
    Site.objects.update(**site)
    found = check.findings(make_page(role="contact", text=text))
    assert [f.sentence[:28] for f in found] == ([] if reachable else [NO_WAY])
    assert check.findings(make_page(text=text)) == []


NO_WAY = "Readers find no way to reach"


def test_a_subject_that_nothing_live_has_is_a_question() -> None:
    subject = make_subject()
    make_article(subjects=[subject], published_at=None)
    (found,) = check.findings(subject)
    assert (found.level, found.spot) == ("question", "")
    make_exercise(subjects=[subject])
    assert check.findings(subject) == []


def test_the_starter_pages_subjects_and_author_are_only_asked_what_is_missing(media: Path) -> None:
    call_command("load_starter", verbosity=0)
    rows = [*Page.objects.all(), *Subject.objects.all(), *Author.objects.all()]
    found = {(str(row), finding.spot) for row in rows for finding in check.findings(row)}
    assert found == {
        ("Contact", "text"),
        ("Elsie Velazquez", "portrait"),
        ("Elsie Velazquez", "biography"),
    }


def test_every_finding_refers_to_a_field_of_the_form(trainer: Client, media: Path) -> None:
    article = make_article(published_at=None)
    page = read(trainer.get(f"/admin/blog/article/{article.pk}/change/"))
    ids = {element.attrs.get("id") for element in page}
    assert {f"id_{f.spot}" for f in check.findings(article)} <= ids
