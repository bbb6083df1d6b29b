"""Builds JSON-LD (schema.org) nodes of articles and authors, only from what their pages show."""

from collections.abc import Sequence
from typing import Any

from blog.models import Article, Author, Source
from exercises import structured as exercises
from exercises.models import Variation
from metadata.json_ld import BUSINESS, address, nonempty, picture, ref
from metadata.page import Node, absolute
from pictures.models import Picture
from publishing.models import Site, Subject
from writing.markdown import Text

KICKERS = 2  # subjects shown above an article's title


def article(
    article: Article,
    text: Text,
    subjects: Sequence[Subject],
    sources: Sequence[Source],
    placed: Sequence[Variation],
    site: Site,
) -> tuple[Node, ...]:
    """The JSON-LD nodes of an article's page: the article, author, pictures and exercises."""
    path = article.get_absolute_url()
    pictures = [row for row in text.rows if isinstance(row, Picture)]
    if article.lead_picture and article.lead_picture not in pictures:
        pictures.insert(0, article.lead_picture)
    node: dict[str, Any] = {
        **posting(article),
        "headline": article.title,
        "url": absolute(path),
        "author": ref(person_path(article.author)),
        "publisher": ref(BUSINESS),
        "mainEntityOfPage": ref(path),
        "inLanguage": article.language_tag,
        "image": [ref(row.src) for row in pictures],
        "about": [
            {"@type": "Thing", "name": row.name, "url": absolute(row.get_absolute_url())}
            for row in subjects[:KICKERS]
        ],
        "mentions": [ref(variation.get_absolute_url()) for variation in placed],
        "citation": [citation(source) for source in sources],
        "description": article.standfirst,
    }
    if article.published_at:
        node["datePublished"] = article.published_at.isoformat()
    return (
        nonempty(node),
        person(article.author, site),
        *map(picture, pictures),
        *map(exercises.plan, placed),
    )


def posting(article: Article) -> dict[str, Any]:
    """The JSON-LD id and type of an article, for its own page and the page of its comments."""
    return {"@id": f"{absolute(article.get_absolute_url())}#article", "@type": "BlogPosting"}


def citation(source: Source) -> Node:
    return nonempty(
        {
            "@type": "CreativeWork",
            "name": source.title,
            "url": source.url,
            "creditText": source.authors or source.publisher,
            "datePublished": str(source.year or ""),
        }
    )


def person_path(author: Author) -> str:
    return f"{author.get_absolute_url()}#person"


def person(author: Author, site: Site, *, in_full: bool = False) -> Node:
    """The JSON-LD node of an author; `in_full` adds what only the author's own page shows."""
    node: dict[str, Any] = {
        **ref(person_path(author)),
        "@type": "Person",
        "name": author.name,
        "url": absolute(author.get_absolute_url()),
        "hasCredential": credential(author, in_full=in_full),
        "address": address(author.place),
    }
    if author.business == site.name:
        node["worksFor"] = ref(BUSINESS)
    elif author.business:
        node["worksFor"] = {"@type": "Organization", "name": author.business}
    if in_full:
        node["image"] = picture(author.portrait) if author.portrait else None
        node["knowsLanguage"] = [
            {"@type": "Language", "name": name} for name in author.language_names
        ]
        node["sameAs"] = [profile.url for profile in author.profile_links]
    return nonempty(node)


def credential(author: Author, *, in_full: bool) -> Node | None:
    """The JSON-LD node of the author's certification, or None; `in_full` adds who gave it."""
    node: dict[str, Any] = {"name": author.credential}
    if in_full and author.certifying_body:
        node["recognizedBy"] = {"@type": "Organization", "name": author.certifying_body}
        node["identifier"] = author.certificate_number
    facts = nonempty(node)
    return {"@type": "EducationalOccupationalCredential", **facts} if facts else None
