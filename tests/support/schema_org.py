"""What schema.org 29.4 publishes of the types and properties that this site uses, written down by
hand: of which types a property is said, and what may be said. And the check of a graph by it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from tests.support.page import Element

# type: the types it is a kind of
TYPES: dict[str, tuple[str, ...]] = {
    "Thing": (),
    "Action": ("Thing",),
    "SearchAction": ("Action",),
    "CreativeWork": ("Thing",),
    "Article": ("CreativeWork",),
    "SocialMediaPosting": ("Article",),
    "BlogPosting": ("SocialMediaPosting",),
    "Comment": ("CreativeWork",),
    "MediaObject": ("CreativeWork",),
    "ImageObject": ("MediaObject",),
    "WebPage": ("CreativeWork",),
    "CollectionPage": ("WebPage",),
    "ProfilePage": ("WebPage",),
    "WebSite": ("CreativeWork",),
    "EducationalOccupationalCredential": ("CreativeWork",),
    "Intangible": ("Thing",),
    "EntryPoint": ("Intangible",),
    "ItemList": ("Intangible",),
    "BreadcrumbList": ("ItemList",),
    "ListItem": ("Intangible",),
    "QuantitativeValue": ("Intangible",),
    "PostalAddress": ("Intangible",),
    "Organization": ("Thing",),
    "Place": ("Thing",),
    "LocalBusiness": ("Organization", "Place"),
    "Person": ("Thing",),
    "MedicalEntity": ("Thing",),
    "AnatomicalStructure": ("MedicalEntity",),
    "Muscle": ("AnatomicalStructure",),
    "PhysicalActivity": ("Thing",),
    "ExercisePlan": ("CreativeWork", "PhysicalActivity"),
}

# property: (the types it is said of, the types and kinds of text that may stand there)
PROPERTIES: dict[str, tuple[set[str], set[str]]] = {
    "about": ({"CreativeWork"}, {"Thing"}),
    "activityDuration": ({"ExercisePlan"}, {"Duration", "QuantitativeValue"}),
    "additionalVariable": ({"ExercisePlan"}, {"Text"}),
    "address": ({"Organization", "Person", "Place"}, {"PostalAddress", "Text"}),
    "addressLocality": ({"PostalAddress"}, {"Text"}),
    "addressRegion": ({"PostalAddress"}, {"Text"}),
    "alternateName": ({"Thing"}, {"Text"}),
    "associatedAnatomy": ({"PhysicalActivity"}, {"AnatomicalStructure"}),
    "author": ({"CreativeWork"}, {"Organization", "Person"}),
    "breadcrumb": ({"WebPage"}, {"BreadcrumbList", "Text"}),
    "caption": ({"ImageObject"}, {"MediaObject", "Text"}),
    "citation": ({"CreativeWork"}, {"CreativeWork", "Text"}),
    "comment": ({"CreativeWork"}, {"Comment"}),
    "commentCount": ({"CreativeWork"}, {"Integer"}),
    "contentUrl": ({"MediaObject"}, {"URL"}),
    "creditText": ({"CreativeWork"}, {"Text"}),
    "dateCreated": ({"CreativeWork"}, {"Date", "DateTime"}),
    "datePublished": ({"CreativeWork"}, {"Date", "DateTime"}),
    "description": ({"Thing"}, {"Text"}),
    "educationalLevel": ({"CreativeWork"}, {"Text"}),
    "email": ({"Organization", "Person"}, {"Text"}),
    "hasCredential": ({"Organization", "Person"}, {"EducationalOccupationalCredential"}),
    "headline": ({"CreativeWork"}, {"Text"}),
    "height": ({"MediaObject", "Person"}, {"QuantitativeValue"}),
    "image": ({"Thing"}, {"ImageObject", "URL"}),
    "inLanguage": ({"CreativeWork"}, {"Text"}),
    "isPartOf": ({"CreativeWork"}, {"CreativeWork", "URL"}),
    "item": ({"ListItem"}, {"Thing"}),
    "itemListElement": ({"ItemList"}, {"ListItem", "Text", "Thing"}),
    "itemListOrder": ({"ItemList"}, {"Text"}),
    "license": ({"CreativeWork"}, {"CreativeWork", "URL"}),
    "mainEntity": ({"CreativeWork"}, {"Thing"}),
    "mainEntityOfPage": ({"Thing"}, {"CreativeWork", "URL"}),
    "mentions": ({"CreativeWork"}, {"Thing"}),
    "name": ({"Thing"}, {"Text"}),
    "numberOfItems": ({"ItemList"}, {"Integer"}),
    "parentItem": ({"Comment"}, {"Comment", "CreativeWork"}),
    "position": ({"CreativeWork", "ListItem"}, {"Integer", "Text"}),
    "potentialAction": ({"Thing"}, {"Action"}),
    "publisher": ({"CreativeWork"}, {"Organization", "Person"}),
    "query": ({"SearchAction"}, {"Text"}),
    "repetitions": ({"ExercisePlan"}, {"Number", "QuantitativeValue"}),
    "restPeriods": ({"ExercisePlan"}, {"QuantitativeValue", "Text"}),
    "target": ({"Action"}, {"EntryPoint", "URL"}),
    "text": ({"CreativeWork"}, {"Text"}),
    "unitCode": ({"QuantitativeValue"}, {"Text", "URL"}),
    "url": ({"Thing"}, {"URL"}),
    "urlTemplate": ({"EntryPoint"}, {"Text"}),
    "value": ({"QuantitativeValue"}, {"Number", "Text"}),
    "width": ({"MediaObject"}, {"QuantitativeValue"}),
    "worksFor": ({"Person"}, {"Organization"}),
}


def graph_of(page: Element) -> list[dict[str, Any]]:
    """The nodes of all JSON-LD of a page, those with one @id joined."""
    joined: dict[str, dict[str, Any]] = {}
    for script in page.all("script", type="application/ld+json"):
        data = json.loads(script.raw)
        assert data["@context"] == "https://schema.org"
        for node in data["@graph"]:
            before = joined.setdefault(node["@id"], {})
            clash = {name for name in node if name in before and before[name] != node[name]}
            assert not clash, f"{node['@id']} says {clash} twice"
            before.update(node)
    return list(joined.values())


def problems(nodes: list[dict[str, Any]]) -> list[str]:
    """What in a graph schema.org does not know, or knows otherwise."""
    named = {node["@id"]: node for node in nodes}
    return [problem for node in nodes for problem in _wrong(node, named)]


def _wrong(node: dict[str, Any], named: dict[str, Any]) -> Iterator[str]:
    kind = node.get("@type", "")
    if kind not in TYPES:
        yield f"unknown type {kind!r}"
        return
    for name, value in node.items():
        if name.startswith("@"):
            continue
        if name.endswith("-input"):  # an annotation of an action's property
            if name.removesuffix("-input") not in PROPERTIES:
                yield f"{kind}: unknown property {name}"
            continue
        if name not in PROPERTIES:
            yield f"{kind}: unknown property {name}"
            continue
        domains, ranges = PROPERTIES[name]
        if not domains & _kinds(kind):
            yield f"{name} is not said of {kind}"
        values = value if isinstance(value, list) else [value]
        if not values or "" in values or None in values:
            yield f"{kind}.{name} is empty"
        for one in values:
            if isinstance(one, dict):
                whole = one if "@type" in one else named.get(one["@id"])
                if whole is None:
                    yield f"{kind}.{name} names {one['@id']}, which is nowhere"
                    continue
                if not ranges & _kinds(whole["@type"]):
                    yield f"{kind}.{name} may not be {whole['@type']}"
                if "@type" in one:
                    yield from _wrong(one, named)
            elif not any(_is(word, one) for word in ranges):
                yield f"{kind}.{name} may not be {one!r}"


def _kinds(name: str) -> set[str]:
    return {name}.union(*(_kinds(above) for above in TYPES[name]))


def _is(word: str, value: Any) -> bool:
    if word in ("Integer", "Number"):
        return isinstance(value, int) and not isinstance(value, bool)
    if not isinstance(value, str):
        return False
    if word == "Date":
        return bool(re.fullmatch(r"\d{4}", value)) or _parses(date, value)
    if word == "DateTime":
        return "T" in value and _parses(datetime, value)
    return word == "Text" or (word == "URL" and value.startswith(("https://", "http://")))


def _parses(kind: Any, value: str) -> bool:
    try:
        return bool(kind.fromisoformat(value))
    except ValueError:
        return False
