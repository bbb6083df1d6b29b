"""Ranking, and which differences in spelling are tolerated. Runs on both databases."""

import pytest
from django.test import Client

from tests.support.make import make_article, make_comment, make_variation
from tests.support.searching import results, titles

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("starter")]

FIRST_RESULTS = [
    # Names in any case, number and form.
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
    # Prefixes.
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
    ("barbel hip thrsut", "Variation: Barbell bench hip thrust"),
    ("gobblet sqaut", "Variation: Goblet squat"),
    ("hip abdution machine", "Exercise: Hip abduction machine"),
    ("elsie velasques", "Author: Elsie Velazquez"),
    # Joined and split words.
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
    # Words reordered, left out or added; synonyms.
    ("lunges reverse", "Variation: Reverse lunge"),
    ("leg raise", "Exercise: Side leg raise"),
    ("glut", "Subject: Glutes"),
    ("gluteus maximus", "Subject: Glutes"),
    ("booty", "Subject: Glutes"),
    ("plank on knees", "Variation: Knee plank"),
    ("hip thrust form", "Exercise: Hip thrust"),
    ("squat benefits", "Exercise: Squat"),
    ("elsie", "Author: Elsie Velazquez"),
    # Accents.
    ("Góblet", "Variation: Goblet squat"),
    ("plánk", "Exercise: Plank"),
    ("clämshell", "Exercise: Clamshell"),
    ("squát", "Exercise: Squat"),
    # Parts of a text, and phrases.
    ("why your glutes matter", "Article: The hip thrust: what it works and three ways to do it"),
    ('"keep squatting"', "Article: The hip thrust: what it works and three ways to do it"),
    ('"trained women"', "Article: The hip thrust: what it works and three ways to do it"),
    ("“trained women”", "Article: The hip thrust: what it works and three ways to do it"),
    ("contreras 2015 maximal contraction", "Article: The hip thrust: what it works"
     " and three ways to do it"),
    ("how do I do a plank", "Exercise: Plank"),
    ("what is a goblet squat", "Variation: Goblet squat"),
    # Contractions with and without their apostrophe, and possessives.
    ("i cant squat", "Exercise: Squat"),
    ("I can’t squat", "Exercise: Squat"),
    ("dont squat", "Exercise: Squat"),
    ("whats a plank", "Exercise: Plank"),
    ("plank's", "Exercise: Plank"),
    # Excluded words.
    ("squat -box", "Exercise: Squat"),
    ('sit -"hip thrust" -office', "Variation: Box squat"),
    ("dumbbell -squat -step -bridge", "Variation: Dumbbell Romanian deadlift"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "title"), FIRST_RESULTS, ids=[query for query, _ in FIRST_RESULTS]
)
def test_first_result(reader: Client, query: str, title: str) -> None:
    assert titles(results(reader, query))[:1] == [title]


def test_a_query_is_read_up_to_its_200th_character(reader: Client) -> None:
    make_article(title="Okapi")
    assert titles(results(reader, f"{'a ' * 90}okapi"))[:1] == ["Article: Okapi"]
    assert "Article: Okapi" not in titles(results(reader, f"{'a ' * 100}okapi"))


def test_table_has_enough_queries() -> None:
    assert len({query for query, _ in FIRST_RESULTS}) >= 40


def test_correction_is_shown(reader: Client) -> None:
    notice = results(reader, "deadlfit").one("p", "told").text
    assert notice == "No article or exercise contains “deadlfit”. Showing results for deadlift."
    assert results(reader, "deadlift").all("p", "told") == []


def test_typing_error_is_not_split_into_a_word_and_a_prefix(reader: Client) -> None:
    """The prefix "ot" finds "other", but "workot" does not mean "work ot"."""
    make_article(title="A workout at work, or another")
    notice = results(reader, "workot").one("p", "told").text
    assert notice.endswith("Showing results for workout.")


def test_partial_match_is_shown_with_a_notice(reader: Client) -> None:
    main = results(reader, "goblet xylophone")
    assert titles(main)[0] == "Variation: Goblet squat"
    notice = main.one("p", "told").text
    assert (
        notice == "No article or exercise contains all of these words. These contain some of them."
    )
    notice = results(reader, "gobelt xylophone").one("p", "told").text
    assert notice.endswith("These contain some of goblet xylophone.")


def test_typing_error_of_a_comment_is_still_corrected(reader: Client) -> None:
    make_comment(name="Ana", words="I like the deadlfit.")
    main = results(reader, "deadlfit")
    assert titles(main)[0] == "Exercise: Romanian deadlift"
    assert titles(main.one("section", "readers")) == ["Reader: Ana"]
    make_comment(name="Kim", words="I ride an okapi.")
    assert titles(results(reader, "okapi")) == ["Reader: Kim"]


@pytest.mark.parametrize("written", ["3x12", "3 X 12", "3 × 12", "3×12"])
@pytest.mark.parametrize("query", ["3x12", "3 x 12", "3×12", '"3 x 12"'])
def test_sets_and_repetitions_are_found_in_any_notation(
    reader: Client, written: str, query: str
) -> None:
    make_article(title="Okapi", text=f"Do {written} of them.")
    make_article(title="Other", text="Do 12 of 3.")
    main = results(reader, query)
    assert titles(main) == ["Article: Okapi"]
    assert all(mark.text in written for mark in main.all("mark"))


def test_a_variation_is_found_by_its_dose(reader: Client) -> None:
    variation = make_variation(name="Okapi press")
    assert titles(results(reader, "amrap")) == []
    variation.prescription.repetitions, variation.prescription.maximum = None, "repetitions"
    variation.prescription.save()
    assert titles(results(reader, "amrap")) == ["Variation: Okapi press"]


def test_secondary_muscle_is_found_by_its_latin_name(reader: Client) -> None:
    """Otherwise "adductors" would be corrected to "abductors"."""
    main = results(reader, "adductors")
    assert main.all("p", "told") == []
    assert "Exercise: Squat" in titles(main)
    assert "Exercise: Hip abduction machine" not in titles(main)


def test_word_with_a_short_stem_is_no_prefix(reader: Client) -> None:
    """Many words begin with "ab" and "us", the stems of "abs" and "using"."""
    make_article(title="One", text="Okapi about it, usually.")
    make_article(title="Two", text="Okapi abs, using them.")
    assert titles(results(reader, "okapi abs")) == ["Article: Two"]
    assert titles(results(reader, "okapi using")) == ["Article: Two"]


def test_minus_excludes_a_word(reader: Client) -> None:
    make_article(title="Okapi with a barbell")
    make_article(title="Okapi at rest", text="Not one of the barbells.")
    make_article(title="Okapi alone")
    assert titles(results(reader, "okapi -barbell")) == ["Article: Okapi alone"]
    assert titles(results(reader, 'okapi -"at rest" -alone')) == ["Article: Okapi with a barbell"]


def test_phrase_matches_literally(reader: Client) -> None:
    make_article(title="One", text="The okapi sleeps well.")
    make_article(title="Two", text="Well, sleeps the okapi?")
    assert titles(results(reader, '"okapi sleeps"')) == ["Article: One"]
    assert len(titles(results(reader, "okapi sleeps"))) == 2


def test_accents_are_ignored_but_shown(reader: Client) -> None:
    make_article(title="Élan für Émile", text="A cafe\u0301 in Orléans.")
    main = results(reader, "orleans cafe")
    assert main.one("article", "hit").one("a").text == "Élan für Émile"
    assert [mark.text for mark in main.all("mark")] == ["café", "Orléans"]
    assert titles(results(reader, "elan fur emile")) == ["Article: Élan für Émile"]
