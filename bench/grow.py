"""Creates rows for measurements: comments on an article, and other articles."""

import os
import random
from pathlib import Path

from bench.served import env


def start(folder: Path) -> None:
    """Sets up Django in this process, with the database of the site in a folder."""
    os.environ |= env(folder) | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    import django

    django.setup()


def comment_on(slug: str, number: int) -> None:
    """Adds published comments to an article up to this number; every fourth is a reply."""
    from django.utils import timezone

    from blog.models import Article
    from comments.models import Comment
    from exercises.models import Exercise

    article = Article.objects.get(slug=slug)
    favorites = list(Exercise.objects.published())
    have = Comment.objects.filter(article=article, published_at__isnull=False).count()
    words = "I like the slow way down, and two seconds at the top. "
    rows = [
        Comment(
            article=article,
            name=f"Reader {n}",
            words=words * (n % 3 + 1),
            favorite=random.choice(favorites),
            author_hash=f"{n:040}",
            published_at=timezone.now(),
        )
        for n in range(have, number)
    ]
    made = Comment.objects.bulk_create(rows, batch_size=500)
    parents = made[::4]
    for answer, parent in zip(made[1::4], parents, strict=False):
        answer.parent = parent
    Comment.objects.bulk_update(made[1::4], ["parent"], batch_size=500)
    article.comments.update_thread_at()  # bulk_* send no signals
    Comment.objects.repair_favorites()


def write_articles(number: int) -> None:
    """Adds published articles up to this number, spread over the existing subjects."""
    from django.utils import timezone

    from blog.models import Article, Author
    from publishing.models import Subject

    have = Article.objects.count()
    author, subjects = Author.objects.first(), list(Subject.objects.all())
    assert author
    rows = [
        Article(
            title=f"Made up {n}",
            slug=f"made-up-{n}",
            standfirst="Made up, to measure.",
            text="Lift your hips, and hold. " * 200,
            author=author,
            published_at=timezone.now(),
        )
        for n in range(have, number)
    ]
    made = Article.objects.bulk_create(rows, batch_size=500)
    through = Article.subjects.through
    pairs = [(article, subjects[n % len(subjects)]) for n, article in enumerate(made)]
    links = [through(article_id=article.pk, subject_id=subject.pk) for article, subject in pairs]
    through.objects.bulk_create(links, batch_size=500)
