"""JSON-LD describes what the page shows, with the types and properties of schema.org."""

import json
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests.support.make import (
    make_article,
    make_comment,
    make_exercise,
    make_source,
    make_subject,
    make_variation,
)
from tests.support.page import read
from tests.support.schema_org import graph_of, problems

HERE = settings.SITE_URL


def nodes(reader: Client, address: str) -> dict[str, dict[str, Any]]:
    """The nodes of a page by type; the first one if there are several of a type."""
    graph = graph_of(read(reader.get(address)))
    assert problems(graph) == []
    return {node["@type"]: node for node in reversed(graph)}


@pytest.mark.usefixtures("starter")
def test_an_article_has_author_sources_exercises_and_picture(reader: Client) -> None:
    by_type = nodes(reader, "/articles/hip-thrust/")
    posting = by_type["BlogPosting"]
    assert posting["headline"] == "The hip thrust: what it works and three ways to do it"
    assert posting["author"]["@id"] == by_type["Person"]["@id"]
    assert posting["publisher"]["@id"] == by_type["LocalBusiness"]["@id"]
    assert by_type["LocalBusiness"]["address"]["addressLocality"] == "Cleveland"
    assert by_type["Person"]["hasCredential"]["name"] == "Certified personal trainer"
    assert by_type["Person"]["worksFor"]["@id"] == by_type["LocalBusiness"]["@id"]
    assert posting["citation"][0]["datePublished"] == "2015"
    assert len(posting["citation"]) >= 3
    assert len(posting["mentions"]) == 3
    assert by_type["ImageObject"]["license"]["name"] == "MIT License"
    assert by_type["WebPage"]["mainEntity"]["@id"] == posting["@id"]
    trail = by_type["BreadcrumbList"]["itemListElement"]
    assert [step["name"] for step in trail] == ["Articles", posting["headline"]]
    target = by_type["WebSite"]["potentialAction"]["target"]["urlTemplate"]
    assert reader.get(target.removeprefix(HERE).replace("{words}", "glute")).status_code == 200


@pytest.mark.usefixtures("starter")
def test_an_exercise_is_a_list_of_plans(reader: Client) -> None:
    by_type = nodes(reader, "/exercises/hip-thrust/")
    assert by_type["ItemList"]["numberOfItems"] == len(by_type["ItemList"]["itemListElement"]) > 3
    plan = by_type["ExercisePlan"]
    assert plan["repetitions"] == 10
    assert plan["additionalVariable"] == ["3 sets", "hold 2 seconds at the top"]
    assert plan["educationalLevel"] == "Beginner"
    assert {"@type": "Muscle", "name": "Glutes"} in plan["associatedAnatomy"]
    plank = nodes(reader, "/exercises/plank/")["ExercisePlan"]
    assert plank["activityDuration"] == {
        "@type": "QuantitativeValue",
        "value": 20,
        "unitCode": "SEC",
    }
    assert "repetitions" not in plank


@pytest.mark.parametrize(
    ("prescription", "properties"),
    [
        (
            {"sets": 2, "sets_to": 3, "repetitions": 5, "repetitions_to": 8},
            {
                "repetitions": {"@type": "QuantitativeValue", "minValue": 5, "maxValue": 8},
                "additionalVariable": ["2 to 3 sets"],
            },
        ),
        (
            {"sets": 1, "seconds": 20, "seconds_to": 30},
            {
                "activityDuration": {
                    "@type": "QuantitativeValue",
                    "minValue": 20,
                    "maxValue": 30,
                    "unitCode": "SEC",
                },
                "additionalVariable": ["1 set"],
            },
        ),
        (
            {"sets": 3, "maximum": "repetitions"},
            {"additionalVariable": ["3 sets", "as many repetitions as you can"]},
        ),
    ],
)
def test_a_plan_has_ranges_and_maximums(
    reader: Client, prescription: dict[str, Any], properties: dict[str, Any]
) -> None:
    exercise = make_exercise()
    make_variation(exercise=exercise, prescription=prescription)
    graph = graph_of(read(reader.get(exercise.get_absolute_url())))
    assert problems(graph) == []
    plan = next(node for node in graph if node["@type"] == "ExercisePlan")
    amounts = ("repetitions", "activityDuration", "additionalVariable")
    assert {name: plan[name] for name in amounts if name in plan} == properties


def test_comments_refer_to_the_article_and_to_each_other(reader: Client) -> None:
    article = make_article(slug="talked")
    first = make_comment(article=article, words="I like it.", name="Ana")
    make_comment(article=article, parent=first, words="Me too.", by_trainer=True)
    make_comment(article=article, words="Not yet.", published_at=None)
    graph = graph_of(read(reader.get("/articles/talked/")))
    assert problems(graph) == []
    posting = next(node for node in graph if node["@type"] == "BlogPosting")
    comments = [node for node in graph if node["@type"] == "Comment"]
    assert posting["commentCount"] == 2
    assert posting["headline"] == article.title
    assert [c["text"] for c in comments] == ["I like it.", "Me too."]
    assert posting["comment"] == [{"@id": comments[0]["@id"]}]
    assert comments[0]["author"]["name"] == "Ana"
    assert comments[1]["parentItem"] == {"@id": comments[0]["@id"]}


def test_no_text_closes_the_script_element(reader: Client) -> None:
    evil = "</script><script>alert(1)</script><!-- ]]> \u2028 & “x”"
    article = make_article(title=evil[:120], slug="evil", subjects=[make_subject(name=evil[:60])])
    make_source(article=article, title=evil)
    make_comment(article=article, words=evil, name=evil)
    response = reader.get("/articles/evil/")
    page = read(response)
    assert all("alert" not in script.raw or "ld+json" in script.attrs["type"]
               for script in page.all("script"))  # fmt: skip
    graph = graph_of(page)
    assert problems(graph) == []
    assert next(n for n in graph if n["@type"] == "Comment")["text"] == evil
    for script in page.all("script"):
        assert "<" not in script.raw
        assert json.loads(script.raw)


@pytest.mark.parametrize(
    ("node", "problem"),
    [
        ({"@type": "Nonsense"}, "unknown type 'Nonsense'"),
        ({"@type": "BlogPosting", "interactionCount": 3}, "BlogPosting: unknown property"),
        ({"@type": "Person", "headline": "x"}, "headline is not said of Person"),
        ({"@type": "BlogPosting", "author": "x"}, "BlogPosting.author may not be 'x'"),
        ({"@type": "BlogPosting", "datePublished": "May"}, "BlogPosting.datePublished may not be"),
        (
            {"@type": "Person", "worksFor": {"@id": "y"}},
            "Person.worksFor names y, which is nowhere",
        ),
        ({"@type": "Person", "worksFor": {"@type": "Person"}}, "Person.worksFor may not be Person"),
        ({"@type": "Person", "name": ""}, "Person.name is empty"),
    ],
)
def test_the_checker_finds_errors(node: dict[str, Any], problem: str) -> None:
    assert problem in "; ".join(problems([{"@id": "x", **node}]))
