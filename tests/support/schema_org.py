"""Checks JSON-LD against the types and properties of schema.org 29.4 that this site uses.

The tables are copied by hand: the domain and the range of each property."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from tests.support.page import Element

# type: its parent types
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
    "ContactPage": ("WebPage",),
    "ProfilePage": ("WebPage",),
    "WebSite": ("CreativeWork",),
    "EducationalOccupationalCredential": ("CreativeWork",),
    "Intangible": ("Thing",),
    "EntryPoint": ("Intangible",),
    "Language": ("Intangible",),
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

# property: (the types that have it, the types of its values)
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
    "hasMap": ({"Place"}, {"URL"}),
    "headline": ({"CreativeWork"}, {"Text"}),
    "height": ({"MediaObject", "Person"}, {"QuantitativeValue"}),
    "identifier": ({"Thing"}, {"Text", "URL"}),
    "image": ({"Thing"}, {"ImageObject", "URL"}),
    "inLanguage": ({"CreativeWork"}, {"Text"}),
    "isPartOf": ({"CreativeWork"}, {"CreativeWork", "URL"}),
    "item": ({"ListItem"}, {"Thing"}),
    "itemListElement": ({"ItemList"}, {"ListItem", "Text", "Thing"}),
    "itemListOrder": ({"ItemList"}, {"Text"}),
    "knowsLanguage": ({"Organization", "Person"}, {"Language", "Text"}),
    "license": ({"CreativeWork"}, {"CreativeWork", "URL"}),
    "mainEntity": ({"CreativeWork"}, {"Thing"}),
    "mainEntityOfPage": ({"Thing"}, {"CreativeWork", "URL"}),
    "maxValue": ({"QuantitativeValue"}, {"Number"}),
    "mentions": ({"CreativeWork"}, {"Thing"}),
    "minValue": ({"QuantitativeValue"}, {"Number"}),
    "name": ({"Thing"}, {"Text"}),
    "numberOfItems": ({"ItemList"}, {"Integer"}),
    "parentItem": ({"Comment"}, {"Comment", "CreativeWork"}),
    "position": ({"CreativeWork", "ListItem"}, {"Integer", "Text"}),
    "postalCode": ({"PostalAddress"}, {"Text"}),
    "potentialAction": ({"Thing"}, {"Action"}),
    "publisher": ({"CreativeWork"}, {"Organization", "Person"}),
    "query": ({"SearchAction"}, {"Text"}),
    "recognizedBy": ({"EducationalOccupationalCredential"}, {"Organization"}),
    "repetitions": ({"ExercisePlan"}, {"Number", "QuantitativeValue"}),
    "restPeriods": ({"ExercisePlan"}, {"QuantitativeValue", "Text"}),
    "sameAs": ({"Thing"}, {"URL"}),
    "streetAddress": ({"PostalAddress"}, {"Text"}),
    "target": ({"Action"}, {"EntryPoint", "URL"}),
    "telephone": ({"Organization", "Person", "Place"}, {"Text"}),
    "text": ({"CreativeWork"}, {"Text"}),
    "unitCode": ({"QuantitativeValue"}, {"Text", "URL"}),
    "url": ({"Thing"}, {"URL"}),
    "urlTemplate": ({"EntryPoint"}, {"Text"}),
    "value": ({"QuantitativeValue"}, {"Number", "Text"}),
    "width": ({"MediaObject"}, {"QuantitativeValue"}),
    "worksFor": ({"Person"}, {"Organization"}),
}


def graph_of(page: Element) -> list[dict[str, Any]]:
    """The nodes of all JSON-LD scripts of a page. Nodes with the same @id are merged."""
    merged: dict[str, dict[str, Any]] = {}
    for script in page.all("script", type="application/ld+json"):
        data = json.loads(script.raw)
        assert data["@context"] == "https://schema.org"
        for node in data["@graph"]:
            before = merged.setdefault(node["@id"], {})
            conflicts = {name for name in node if name in before and before[name] != node[name]}
            assert not conflicts, f"{node['@id']} has two values of {conflicts}"
            before.update(node)
    return list(merged.values())


def problems(nodes: list[dict[str, Any]]) -> list[str]:
    """What is not valid in a graph according to schema.org."""
    by_id = {node["@id"]: node for node in nodes}
    return [problem for node in nodes for problem in _node_problems(node, by_id)]


def _node_problems(node: dict[str, Any], by_id: dict[str, Any]) -> Iterator[str]:
    kind = node.get("@type", "")
    if kind not in TYPES:
        yield f"unknown type {kind!r}"
        return
    for name, value in node.items():
        if name.startswith("@"):
            continue
        property_name = name.removesuffix("-input")  # an annotation of an action's property
        if property_name not in PROPERTIES:
            yield f"{kind}: unknown property {name}"
        elif property_name == name:
            yield from _property_problems(kind, name, value, by_id)


def _property_problems(kind: str, name: str, value: Any, by_id: dict[str, Any]) -> Iterator[str]:
    domain, types = PROPERTIES[name]
    if not domain & _with_parents(kind):
        yield f"{name} is not said of {kind}"
    values = value if isinstance(value, list) else [value]
    if not values or "" in values or None in values:
        yield f"{kind}.{name} is empty"
    for one in values:
        if isinstance(one, dict):
            yield from _reference_problems(f"{kind}.{name}", one, types, by_id)
        elif not any(_is_a(type_, one) for type_ in types):
            yield f"{kind}.{name} may not be {one!r}"


def _reference_problems(
    name: str, value: dict[str, Any], types: set[str], by_id: dict[str, Any]
) -> Iterator[str]:
    """Problems of a value that is a node, or a reference to one by its @id."""
    node = value if "@type" in value else by_id.get(value["@id"])
    if node is None:
        yield f"{name} names {value['@id']}, which is nowhere"
        return
    if not types & _with_parents(node["@type"]):
        yield f"{name} may not be {node['@type']}"
    if "@type" in value:
        yield from _node_problems(value, by_id)


def _with_parents(name: str) -> set[str]:
    return {name}.union(*(_with_parents(parent) for parent in TYPES[name]))


def _is_a(type_: str, value: Any) -> bool:
    if type_ in ("Integer", "Number"):
        return isinstance(value, int) and not isinstance(value, bool)
    if not isinstance(value, str):
        return False
    if type_ == "Date":
        return bool(re.fullmatch(r"\d{4}", value)) or _parses(date, value)
    if type_ == "DateTime":
        return "T" in value and _parses(datetime, value)
    return type_ == "Text" or (type_ == "URL" and value.startswith(("https://", "http://")))


def _parses(kind: Any, value: str) -> bool:
    try:
        return bool(kind.fromisoformat(value))
    except ValueError:
        return False
