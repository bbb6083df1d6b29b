"""Builds each page's `Meta`: title, description, canonical URL, social card and JSON-LD."""

from django.core.paginator import Page as Part
from django.urls import reverse
from django.utils.translation import to_locale

from blog import social, structured
from blog.models import Article, Author, Page, Source
from exercises.models import Variation
from metadata.json_ld import CONTACT_PAGE
from metadata.page import Meta, excerpt, list_page
from publishing.models import Site, Subject
from writing.markdown import Text, plain

ARTICLES = ("Articles", "/articles/")


def of_home(site: Site, author: Author | None) -> Meta:
    return Meta(
        title=site.tagline or site.name,
        path="/",
        description=excerpt(site.introduction) or site.tagline or site.name,
        nodes=(structured.person(author, site),) if author else (),
    )


def of_articles(site: Site, part: Part, year: str = "") -> Meta:
    start = reverse("articles_of_year", args=[year]) if year else reverse("articles")
    path, page_number = list_page(start, part)
    of_year, from_year = (f" of {year}", f" from {year}") if year else ("", "")
    return Meta(
        title=f"Articles{of_year}{page_number}",
        path=path,
        description=f"Articles by {site.trainer} of {site.name}{from_year},"
        f" newest first{page_number}.",
        page_type="CollectionPage",
    )


def of_article(
    article: Article,
    text: Text,
    subjects: list[Subject],
    sources: list[Source],
    site: Site,
    *,
    live: bool,
) -> Meta:
    path = article.get_absolute_url()
    placed = [row for row in text.rows if isinstance(row, Variation)]
    feeds = [(subject.name, reverse("subject_feed", args=[subject.slug])) for subject in subjects]
    comments_feed = (
        f"What readers say on “{article.title}”",
        reverse("article_comments_feed", args=[article.slug]),
    )
    return Meta(
        title=article.title,
        path=path,
        description=article.standfirst or excerpt(plain(article.text)) or article.title,
        kind="article",
        locale=to_locale(article.language_tag),
        card=social.of_article(article, subjects, placed, site) if live else None,
        published=article.published_at,
        modified=article.changed_at,
        author=article.author.get_absolute_url(),
        subjects=tuple(subject.name for subject in subjects),
        feeds=(comments_feed, *feeds) if live else (),
        trail=(ARTICLES,),
        nodes=structured.article(article, text, subjects, sources, placed, site),
        indexed=live,
    )


def of_subjects(site: Site) -> Meta:
    return Meta(
        title="Subjects",
        path=reverse("subjects"),
        description=f"Every subject of {site.name}, with a sentence on each.",
        page_type="CollectionPage",
    )


def of_subject(subject: Subject, site: Site, part: Part, *, empty: bool) -> Meta:
    path, page_number = list_page(subject.get_absolute_url(), part)
    return Meta(
        title=f"{subject.name}{page_number}",
        path=path,
        description=f"{subject.sentence}{f' Page {part.number}.' if page_number else ''}",
        page_type="CollectionPage",
        card=social.of_subject(subject, site),
        feeds=((subject.name, reverse("subject_feed", args=[subject.slug])),),
        trail=(("Subjects", reverse("subjects")),),
        indexed=not empty,
    )


def of_author(author: Author, site: Site) -> Meta:
    facts = [author.name, author.credential.lower(), author.business, author.place]
    return Meta(
        title=author.name,
        path=author.get_absolute_url(),
        description=excerpt(plain(author.biography)) or f"{', '.join(filter(None, facts))}.",
        kind="profile",
        page_type="ProfilePage",
        feeds=((author.name, reverse("author_feed", args=[author.slug])),),
        nodes=(structured.person(author, site, in_full=True),),
    )


def of_page(page: Page, *, live: bool) -> Meta:
    return Meta(
        title=page.title,
        path=page.get_absolute_url(),
        description=page.summary or excerpt(plain(page.text)) or page.title,
        page_type=CONTACT_PAGE if page.role == Page.Role.CONTACT else "WebPage",
        indexed=live,
    )
