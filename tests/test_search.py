"""Search: what comes first, what is forgiven, what is never found. Runs on both databases."""

import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from comments.moderation import erase
from publishing import edition
from publishing.fulltext import MOST
from publishing.models import SearchEntry, SearchWord
from tests.make import (
    earlier,
    later,
    make_article,
    make_author,
    make_comment,
    make_equipment,
    make_exercise,
    make_muscle,
    make_page,
    make_source,
    make_subject,
    make_variation,
)
from tests.page import Element, read

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("starter")]


def results(reader: Client, query: str, **more: str) -> Element:
    response = reader.get("/search/", {"q": query, **more})
    assert response.status_code == 200
    return read(response).one("main")


def titles(main: Element) -> list[str]:
    """What was found, best first, as "Exercise: Hip thrust"."""
    found = main.all("article", "hit")
    return [f"{hit.one('p', 'kicker').text.split(' · ')[0]}: {hit.one('a').text}" for hit in found]


FIRST = [
    # Names, in any case, number and form.
    ("hip thrust", "Exercise: Hip thrust"),
    ("HIP THRUSTS", "Exercise: Hip thrust"),
    ("squat", "Exercise: Squat"),
    ("squats", "Exercise: Squat"),
    ("squatting", "Exercise: Squat"),
    ("plank", "Exercise: Plank"),
    ("planks", "Exercise: Plank"),
    ("clamshell", "Exercise: Clamshell"),
    ("step-up", "Exercise: Step-up"),
    ("step up", "Exercise: Step-up"),
    ("lunging", "Exercise: Lunge"),
    ("deadlift", "Exercise: Romanian deadlift"),
    ("deadlifts", "Exercise: Romanian deadlift"),
    ("dumbbell deadlift", "Variation: Dumbbell Romanian deadlift"),
    ("goblet", "Variation: Goblet squat"),
    ("marching bridges", "Variation: Marching bridge"),
    ("core", "Subject: Core"),
    ("glutes", "Subject: Glutes"),
    ("strength", "Subject: Strength"),
    ("privacy", "Page: Privacy"),
    # Other names.
    ("butt", "Subject: Glutes"),
    ("backside", "Subject: Glutes"),
    ("abs", "Subject: Core"),
    ("glute bridge", "Variation: Basic floor hip thrust"),
    ("floor bridge", "Variation: Basic floor hip thrust"),
    ("hyperextension", "Exercise: Back extension"),
    ("RDL", "Exercise: Romanian deadlift"),
    ("heel raise", "Exercise: Calf raise"),
    ("sit to stand", "Variation: Box squat"),
    ("air squat", "Variation: Bodyweight squat"),
    # Beginnings of words.
    ("deadl", "Exercise: Romanian deadlift"),
    ("clam", "Exercise: Clamshell"),
    ("goble", "Variation: Goblet squat"),
    ("bulg", "Variation: Bulgarian split squat"),
    # Typing errors.
    ("deadlfit", "Exercise: Romanian deadlift"),
    ("romainan deadlfit", "Exercise: Romanian deadlift"),
    ("hip thrsut", "Exercise: Hip thrust"),
    ("sqaut", "Exercise: Squat"),
    ("qsuat", "Exercise: Squat"),
    ("plnak", "Exercise: Plank"),
    ("clamshlel", "Exercise: Clamshell"),
    ("glutse", "Subject: Glutes"),
    ("quat", "Exercise: Squat"),
    ("dquat", "Exercise: Squat"),
    ("shuat", "Exercise: Squat"),
    ("lnuge", "Exercise: Lunge"),
    ("callf raise", "Exercise: Calf raise"),
    ("hpi thrust", "Exercise: Hip thrust"),
    ("rld", "Exercise: Romanian deadlift"),
    ("barbel hip trust", "Variation: Barbell bench hip thrust"),
    ("gobblet sqaut", "Variation: Goblet squat"),
    ("hip abdution machine", "Exercise: Hip abduction machine"),
    ("elsie velasques", "Author: Elsie Velazquez"),
    # Words that run together, and words that are torn apart.
    ("hipthrust", "Exercise: Hip thrust"),
    ("hipthrusts", "Exercise: Hip thrust"),
    ("hip-thrust", "Exercise: Hip thrust"),
    ("hip‑thrust", "Exercise: Hip thrust"),
    ("splitsquat", "Variation: Split squat"),
    ("bulgarian splitsquat", "Variation: Bulgarian split squat"),
    ("stepup", "Exercise: Step-up"),
    ("stepups", "Exercise: Step-up"),
    ("birddog", "Exercise: Bird dog"),
    ("donkeykicks", "Exercise: Donkey kick"),
    ("pullthrough", "Exercise: Cable pull-through"),
    ("clam shell", "Exercise: Clamshell"),
    ("dead-lift", "Exercise: Romanian deadlift"),
    # What the rest of a name tells.
    ("lunges reverse", "Variation: Reverse lunge"),
    ("leg raise", "Exercise: Side leg raise"),
    ("glut", "Subject: Glutes"),
    ("gluteus maximus", "Subject: Glutes"),
    ("booty", "Subject: Glutes"),
    ("plank on knees", "Variation: Knee plank"),
    ("hip thrust form", "Exercise: Hip thrust"),
    ("squat benefits", "Exercise: Squat"),
    ("elsie", "Author: Elsie Velazquez"),
    # Accents and odd writing.
    ("Góblet", "Variation: Goblet squat"),
    ("plánk", "Exercise: Plank"),
    ("clämshell", "Exercise: Clamshell"),
    ("squát", "Exercise: Squat"),
    # Sentences half remembered, and phrases.
    ("why your glutes matter", "Article: The hip thrust: what it works and three ways to do it"),
    ('"keep squatting"', "Article: The hip thrust: what it works and three ways to do it"),
    ('"trained women"', "Article: The hip thrust: what it works and three ways to do it"),
    ("“trained women”", "Article: The hip thrust: what it works and three ways to do it"),
    ("contreras 2015 maximal contraction", "Article: The hip thrust: what it works"
     " and three ways to do it"),
    ("how do I do a plank", "Exercise: Plank"),
    ("what is a goblet squat", "Variation: Goblet squat"),
    # Without a word.
    ("squat -box", "Exercise: Squat"),
    ('sit -"hip thrust" -office', "Variation: Box squat"),
    ("dumbbell -squat -step -bridge", "Variation: Dumbbell Romanian deadlift"),
]  # fmt: skip


@pytest.mark.parametrize(("query", "first"), FIRST, ids=[query for query, _ in FIRST])
def test_what_comes_first(reader: Client, query: str, first: str) -> None:
    assert titles(results(reader, query))[:1] == [first]


def test_the_table_is_long_enough() -> None:
    assert len({query for query, _ in FIRST}) >= 40


def test_a_typing_error_is_said(reader: Client) -> None:
    told = results(reader, "deadlfit").one("p", "told").text
    assert told == "No article or exercise holds “deadlfit”. This is what was found for deadlift."
    assert results(reader, "deadlift").all("p", "told") == []


def test_some_of_the_words_will_do_and_this_is_said(reader: Client) -> None:
    main = results(reader, "goblet xylophone")
    assert titles(main)[0] == "Variation: Goblet squat"
    told = main.one("p", "told").text
    assert told == "No article or exercise holds all of these words. These hold some of them."
    told = results(reader, "gobelt xylophone").one("p", "told").text
    assert told.endswith("These hold some of goblet xylophone.")


def test_what_readers_wrote_is_no_proof_that_a_word_is_right(reader: Client) -> None:
    make_comment(name="Ana", words="I like the deadlfit.")
    main = results(reader, "deadlfit")
    assert titles(main)[0] == "Exercise: Romanian deadlift"
    assert titles(main.one("section", "readers")) == ["Reader: Ana"]
    make_comment(name="Kim", words="I ride an okapi.")
    assert titles(results(reader, "okapi")) == ["Reader: Kim"]


@pytest.mark.parametrize("written", ["3x12", "3 X 12", "3 × 12", "3×12"])
@pytest.mark.parametrize("asked", ["3x12", "3 x 12", "3×12", '"3 x 12"'])
def test_sets_and_repetitions_are_found_however_written(
    reader: Client, written: str, asked: str
) -> None:
    make_article(title="Okapi", text=f"Do {written} of them.")
    make_article(title="Other", text="Do 12 of 3.")
    main = results(reader, asked)
    assert titles(main) == ["Article: Okapi"]
    assert all(mark.text in written for mark in main.all("mark"))


def test_a_muscle_is_found_by_its_latin_name_where_it_only_helps(reader: Client) -> None:
    """ "adductors" must not be taken for "abductors"."""
    main = results(reader, "adductors")
    assert main.all("p", "told") == []
    assert "Exercise: Squat" in titles(main)
    assert "Exercise: Hip abduction machine" not in titles(main)


def test_a_short_stem_is_no_beginning(reader: Client) -> None:
    """ "ab" and "us", which is left of "abs" and "using", begin many words."""
    make_article(title="One", text="Okapi about it, usually.")
    make_article(title="Two", text="Okapi abs, using them.")
    assert titles(results(reader, "okapi abs")) == ["Article: Two"]
    assert titles(results(reader, "okapi using")) == ["Article: Two"]


def test_sentences_are_shown_as_they_are_read(reader: Client) -> None:
    article = make_article(title="One", text="An *okapi*, [see](/x/). It sleeps [@study].\n\nSo.")
    make_source(article=article, key="study", title="A study")
    passage = results(reader, "okapi").one("article", "hit").all("p")[-1].text
    assert passage.startswith("An okapi, see. It sleeps. So. A study.")


def test_minus_leaves_out_what_holds_the_word(reader: Client) -> None:
    make_article(title="Okapi with a barbell")
    make_article(title="Okapi at rest", text="Not one of the barbells.")
    make_article(title="Okapi alone")
    assert titles(results(reader, "okapi -barbell")) == ["Article: Okapi alone"]
    assert titles(results(reader, 'okapi -"at rest" -alone')) == ["Article: Okapi with a barbell"]


def test_a_phrase_is_found_only_as_it_stands(reader: Client) -> None:
    make_article(title="One", text="The okapi sleeps well.")
    make_article(title="Two", text="Well, sleeps the okapi?")
    assert titles(results(reader, '"okapi sleeps"')) == ["Article: One"]
    assert len(titles(results(reader, "okapi sleeps"))) == 2


def test_accents_of_the_text_are_kept_and_folded(reader: Client) -> None:
    make_article(title="Élan für Émile", text="A cafe\u0301 in Orléans.")
    main = results(reader, "orleans cafe")
    assert main.one("article", "hit").one("a").text == "Élan für Émile"
    assert [mark.text for mark in main.all("mark")] == ["café", "Orléans"]
    assert titles(results(reader, "elan fur emile")) == ["Article: Élan für Émile"]


def test_words_are_marked_where_they_were_found(reader: Client) -> None:
    make_article(title="Okapis <at> rest", text="Before. " * 200 + "An okapi & <b>you</b>.")
    hit = results(reader, "okapi").one("article", "hit")
    assert hit.one("h2").one("mark").text == "Okapis"
    assert hit.one("h2").text == "Okapis <at> rest"
    passage = hit.all("p")[-1]
    assert passage.one("mark").text == "okapi"
    assert "An okapi & <b>you</b>." in passage.text


def test_an_other_name_says_why_it_was_found(reader: Client) -> None:
    first = results(reader, "butt").all("article", "hit")[0]
    assert [mark.text for mark in first.one("p", "quiet").all("mark")] == ["butt", "buttocks"]


def test_kinds_are_counted_and_chosen(reader: Client) -> None:
    make_comment(words="My okapi.", article=None)
    make_article(title="Okapi", text="One.")
    make_article(title="Two", text="An okapi.")
    make_exercise(name="Okapi lift")
    main = results(reader, "okapi")
    filters = main.one("nav", "filters")
    assert [a.text for a in filters.all("a")] == [
        "All", "Exercises 1 found", "Articles 2 found", "Readers’ words 1 found",
    ]  # fmt: skip
    chosen = read(reader.get("/search/" + filters.all("a")[2].attrs["href"]))
    assert titles(chosen.one("main")) == ["Article: Okapi", "Article: Two"]
    assert chosen.one("nav", "filters").one("a", **{"aria-current": "page"}).text.startswith("Art")


def test_readers_words_stand_apart(reader: Client) -> None:
    make_article(title="Okapi")
    make_comment(name="Ana", words="I ride an okapi.", email="ana@xanthic.example")
    main = results(reader, "okapi")
    section = main.one("section", "readers")
    assert titles(section) == ["Reader: Ana"]
    assert titles(main) == ["Article: Okapi", "Reader: Ana"]
    assert "xanthic" not in section.text
    assert titles(results(reader, "xanthic")) == []


def test_long_lists_are_paged(reader: Client) -> None:
    for n in range(25):
        make_article(title=f"Okapi number {n}")
    pages = [titles(results(reader, "okapi", page=str(n))) for n in (1, 2, 3)]
    assert [len(page) for page in pages] == [10, 10, 5]
    assert len({title for page in pages for title in page}) == 25
    links = [a.attrs["href"] for a in results(reader, "okapi").one("nav", "pages").all("a")]
    assert links == ["?q=okapi&page=2", "?q=okapi&page=3", "?q=okapi&page=2"]
    for number in ("0", "4", "x", "-1", "9" * 400):
        assert reader.get(f"/search/?q=okapi&page={number}").status_code == 404


@pytest.mark.parametrize("date", [lambda: None, later], ids=["draft", "scheduled"])
def test_what_is_not_public_is_never_found(reader: Client, trainer: Client, date: Any) -> None:
    article = make_article(title="Okapi article", published_at=date())
    exercise = make_exercise(name="Okapi lift", published_at=date())
    make_variation(exercise=exercise, name="Okapi basic lift")
    make_page(title="Okapi page", published_at=date())
    make_subject(name="Okapi subject")
    make_author(name="Okapi author")
    make_article(title="Hidden", subjects=[make_subject(name="Okapis")], published_at=date())
    make_comment(words="okapi", article=article)
    make_comment(words="okapi", published_at=date())
    for who in (reader, trainer):
        for query in ("okapi", "okapy", '"okapi lift"', "okapi hip"):
            main = results(who, query)
            source = " ".join(hit.text for hit in main.all("article", "hit"))
            assert "okapi" not in source.lower(), query
            assert all("okapi" not in near.text for near in main.all("p", "near"))


def test_a_scheduled_row_is_found_from_its_time(reader: Client) -> None:
    at = datetime(2027, 3, 1, 12, tzinfo=UTC)
    make_article(title="Okapi", subjects=[make_subject(name="Xanthic")], published_at=at)
    with time_machine.travel(datetime(2027, 3, 1, 11, 59, 59, tzinfo=UTC), tick=False):
        assert titles(results(reader, "okapi")) == titles(results(reader, "xanthic")) == []
    with time_machine.travel(at, tick=False):
        assert titles(results(reader, "okapi")) == ["Article: Okapi"]
        assert titles(results(reader, "xanthic")) == ["Subject: Xanthic"]


def test_search_follows_every_change(reader: Client) -> None:
    """Of the row itself, and of each row that its entry is made from."""

    def found() -> list[str]:
        return titles(results(reader, "okapi"))

    article = make_article(title="One")
    source = make_source(article=article, title="An okapi study")
    assert found() == ["Article: One"]
    source.delete()
    assert found() == []
    muscle, tool = make_muscle(name="Okapi muscle"), make_equipment(name="okapi bar")
    exercise = make_exercise(name="Two", muscles=[muscle])
    assert found() == ["Exercise: Two"]
    muscle.name = "Another"
    muscle.save()
    assert found() == []
    variation = make_variation(exercise=exercise, name="Three", one_of=[tool])
    assert found() == ["Variation: Three"]
    variation.needs.get().one_of.clear()
    assert found() == []
    variation.needs.get().one_of.add(tool)
    tool.needs.set([])
    assert found() == []
    step = variation.steps.get()
    step.text = "Ride the okapi."
    step.save()
    assert found() == ["Variation: Three"]
    step.delete()
    assert found() == []
    author = article.author
    author.name = "Okapi"
    author.save()
    assert found() == ["Author: Okapi"]
    author.name = "Other"
    author.save()
    subject = make_subject(name="Okapi")
    exercise.subjects.add(subject)
    assert found() == ["Subject: Okapi"]
    exercise.published_at = None
    exercise.save()
    assert found() == []
    article.subjects.set([subject])
    assert found() == ["Subject: Okapi"]
    subject.articles.clear()
    assert found() == []
    comment = make_comment(words="okapi", article=article)
    assert found() == ["Reader: Ana"]
    article.published_at = None
    article.save()
    assert found() == []
    article.published_at = earlier()
    article.save()
    assert found() == ["Reader: Ana"]
    comment.hold()
    assert found() == []


def test_what_is_deleted_is_gone_with_all_that_hangs_on_it(reader: Client, trainer: Client) -> None:
    subject = make_subject(name="Okapis")
    exercise = make_exercise(name="Okapi lift", subjects=[subject])
    make_variation(exercise=exercise, name="Okapi basic lift")
    assert len(titles(results(reader, "okapi"))) == 3
    address = "/admin/exercises/exercise/"
    chosen = {"action": "delete_selected", "_selected_action": exercise.pk, "post": "yes"}
    assert trainer.post(address, chosen).status_code == 302
    assert titles(results(reader, "okapi")) == []


def test_erased_words_are_found_no_more(reader: Client) -> None:
    comment = make_comment(words="okapi", email="ana@example.org")
    make_comment(words="I agree.", article=comment.article, answers=comment)
    assert titles(results(reader, "okapi")) == ["Reader: Ana"]
    erase("ana@example.org")
    assert titles(results(reader, "okapi")) == []


def test_a_save_that_is_rolled_back_changes_nothing(reader: Client) -> None:
    with transaction.atomic():
        make_article(title="Okapi")
        assert titles(results(reader, "okapi")) == ["Article: Okapi"]
        transaction.set_rollback(True)
    assert titles(results(reader, "okapi")) == []


def test_rows_saved_together_are_found_at_the_end(reader: Client) -> None:
    with suppress(RuntimeError), edition.together():
        make_article(title="Okapi of nobody")
        raise RuntimeError
    with edition.together():
        gone = make_article(title="Okapi")
        kept = make_article(title="Quagga")
        gone.delete()
        kept.title = "Okapi, once a quagga"
        kept.save()
    assert titles(results(reader, "okapi")) == ["Article: Okapi, once a quagga"]
    make_article(title="Okapi of another day")
    assert len(titles(results(reader, "okapi"))) == 2


def test_rebuilding_makes_the_same_entries(reader: Client) -> None:
    make_comment(words="okapi")

    def entries() -> set[Any]:
        fields = ("kind", "key", "title", "names", "words", "address", "published_at")
        return set(SearchEntry.objects.values_list(*fields))

    before = entries()
    words = set(SearchWord.objects.values_list("word", flat=True))
    SearchEntry.objects.filter(kind="article").delete()
    SearchEntry.objects.update(title="Wrong")
    call_command("rebuild_search", first_run=True, verbosity=0)
    assert entries() != before
    call_command("rebuild_search", verbosity=0)
    assert entries() == before
    assert set(SearchWord.objects.values_list("word", flat=True)) == words
    assert titles(results(reader, "okapi")) == ["Reader: Ana"]


def test_nothing_found_offers_near_words_and_subjects(reader: Client) -> None:
    page = read(reader.get("/search/?q=quadrupxyl"))
    main = page.one("main")
    assert "Nothing was found for “quadrupxyl”" in main.text
    near = main.one("p", "near").all("a")
    assert near[0].text == "quadruped"
    for link in near:
        assert titles(read(reader.get("/search/" + link.attrs["href"])).one("main"))
    assert page.one("nav", "subjects").all("a")


HOSTILE = [
    "", " ", '"', '""', '"""', "-", "--", '-"', '-""', "-squat", '"squat', 'squat" hip', "*",
    "sq*t",
    "%", "_", "%%%", "\\", "'", "';--", "' OR 1=1 --", "1; DROP TABLE publishing_searchentry", "\0",
    "squat\0", "NEAR(hip thrust)", "hip NEAR/2 thrust", "AND", "OR", "NOT", "hip AND", "OR hip",
    "hip NOT thrust", "title:squat", "{title} : squat", "kind:article", "^squat", "squat + hip",
    "(squat", "squat)", "((((", "& | !", "squat & !hip", "squat:*", "a:b:c", "<->", "hip <-> squat",
    "squat:A", "$1", "%s", "%(name)s", "{{ site }}", "<script>alert(1)</script>", "\x02squat\x03",
    "🦓", "स्क्वाट", "深蹲", "قرفصاء", "ﬁt", "İstanbul", "ß", "e\u0301", "\u202esquat", "½", "²",
    "a" * 5000, "squat " * 1000, '"' * 5000, "-" * 5000, "a b c d e f g h i j k l m", "x" * 300,
    " ".join(f"wörd{n}" for n in range(500)), "../../etc/passwd", "\ud800",
]  # fmt: skip


@pytest.mark.parametrize("query", HOSTILE, ids=lambda query: ascii(query[:20]))
def test_anything_typed_gets_an_ordinary_page(reader: Client, query: str) -> None:
    response = reader.get("/search/?q=" + quote(query, errors="surrogatepass"))
    assert response.status_code == 200
    page = read(response)
    assert page.one("h1").text == "Search"
    assert page.one("meta", name="robots").attrs["content"] == "noindex"
    assert "<script>" not in response.content.decode()
    assert SearchEntry.objects.exists()


@pytest.mark.parametrize(
    "query", ['"squat', "squat*", "squat\0", "squat)", "' squat --", "squat:*"]
)
def test_what_can_be_found_is_found(reader: Client, query: str) -> None:
    assert titles(results(reader, query))[0] == "Exercise: Squat"


def test_an_unknown_kind_is_no_kind(reader: Client) -> None:
    assert titles(results(reader, "squat", kind="zebra"))[0] == "Exercise: Squat"


@pytest.mark.parametrize("query", ["okapi", "okapy", "okapi xylophone"])
def test_more_results_take_no_more_queries(reader: Client, query: str) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert titles(results(reader, query))
        return len(captured)

    def fill(number: int) -> None:
        for n in range(number):
            make_article(title=f"Okapi {n}")
            make_comment(words="okapi")

    fill(5)
    few = queries()
    fill(30)
    assert queries() == few


def test_a_word_that_everything_holds_still_brings_first_what_is_called_so(
    reader: Client,
) -> None:
    make_article(title="Okapi")
    make_article(title="Seen by an okapi")
    SearchEntry.objects.bulk_create(
        SearchEntry(
            kind="article",
            key=1_000_000 + n,
            title=f"Number {n}",
            words="An okapi.",
            address="/",
            published_at=earlier(),
        )
        for n in range(MOST + 1)
    )
    page = results(reader, "okapi")
    found = titles(page)
    assert found[:2] == ["Article: Okapi", "Article: Seen by an okapi"]
    assert len(found) == 10
    assert re.search(r"Articles \d{4}\+ found", page.one("nav", "filters").text)


def test_browsers_are_told_how_to_search(reader: Client, settings: Any) -> None:
    link = read(reader.get("/")).one("link", rel="search")
    assert link.attrs["type"] == "application/opensearchdescription+xml"
    response = reader.get(link.attrs["href"])
    assert response["Content-Type"].startswith("application/opensearchdescription+xml")
    root = ElementTree.fromstring(response.content)
    spec = "{http://a9.com/-/spec/opensearch/1.1/}"
    html = root.find(f"{spec}Url[@type='text/html']")
    assert html is not None
    assert html.attrib["template"] == f"{settings.SITE_URL}/search/?q={{searchTerms}}"
    assert root.findtext(f"{spec}ShortName") == "Prescription"  # 16 characters at most
    assert root.findtext(f"{spec}LongName") == "Prescription Fitness"
