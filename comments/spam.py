"""Judges a reader's words: publish, hold or spam, with the reasons for the trainer to read.

Quiet layers, no puzzle and no service elsewhere. When in doubt it holds, and it never drops: what
it calls spam is kept for thirty days and can be published with one tap.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from comments import impersonation, link_detection
from comments.models import Block, Comment, Event, WordCount
from comments.spam_scoring import Learned, Said, Score, score, words_of
from publishing.models import Site

MANY_LINKS = 3
CERTAIN = 5.0  # log odds; with a second sure sign it is called spam and not only folded
WORDS_A_QUERY = 10_000  # SQLite takes at most 32,766 parameters
RESCORED = 1000  # waiting comments, the newest, that are scored again after a decision
EVERY_NEW = "Every new answer waits for you."
IMITATES = "Readers could take it for words of"
REPEATED = 40  # characters; a shorter text repeats by chance
KNOWN_AFTER = 3  # published comments of a person
SCRIPTS = ("LATIN", "COMMON")


@dataclass(frozen=True)
class Facts:
    """What the request tells beside the words."""

    trapped: bool = False  # the field people do not see was filled in
    silent: bool = False  # the browser did not say where it came from


@dataclass(frozen=True)
class Verdict:
    result: str  # "publish", "hold" or "spam"
    reasons: list[str]
    likely_spam: bool = False  # to be folded in the queue


def judge(comment: Comment, facts: Facts) -> Verdict:
    """Judge a comment that is not saved yet, or whose words have changed."""
    certain = [reason for reason in (_blocked(comment), _many_links(comment)) if reason]
    scored = score(_said(comment), _learned([comment]))
    if scored.odds > CERTAIN:
        certain.append("Most of it reads like spam.")
    doubts = [
        *(["The field that people do not see was filled in."] if facts.trapped else []),
        *(["The browser did not say which page it came from."] if facts.silent else []),
        *(["It holds a link."] if link_detection.found(_said(comment).text) else []),
        *_repeated(comment),
        *_foreign_script(comment),
        *_imitated(comment),
    ]
    known = _known_people([comment])
    likely = scored.is_likely and not known
    if certain and (facts.trapped or len(certain) > 1 or _blocked(comment)):
        return Verdict("spam", certain + doubts)
    if certain or doubts or likely:
        return Verdict("hold", certain + doubts or [EVERY_NEW], likely_spam=likely)
    if known and Site.current().known_readers_pass:
        return Verdict("publish", ["You have published this person's words before."])
    return Verdict("hold", [EVERY_NEW])


def signs(comments: list[Comment]) -> dict[int, Score]:
    """What speaks for spam in each comment, by its key, as of today: one query for all."""
    learned = _learned(comments)
    return {comment.pk: score(_said(comment), learned) for comment in comments}


@transaction.atomic
def fold_again() -> None:
    """Score what waits again, after she decided something; the cost does not grow with rows beyond
    RESCORED. What she took back into the queue herself, and what known readers wrote, is never
    folded."""
    waiting = Comment.objects.filter(published_at=None, removed_at=None, is_spam=False)
    rows = list(waiting.order_by("-written_at")[:RESCORED])
    hers = decided_by_her(waiting)
    known = _known_people(rows)
    scores = signs(rows)
    changed: dict[bool, list[int]] = {True: [], False: []}
    for row in rows:
        likely = scores[row.pk].is_likely and row.pk not in hers and row.author_hash not in known
        if likely != row.is_likely_spam:
            changed[likely].append(row.pk)
    for likely, pks in changed.items():
        waiting.filter(pk__in=pks).update(is_likely_spam=likely)


def decided_by_her(comments: Iterable[Comment]) -> set[int]:
    """The keys of those that she decided about before: they wait because she took them back."""
    events = Event.objects.filter(comment__in=comments, by__isnull=False)
    return set(events.values_list("comment", flat=True))


def _said(comment: Comment) -> Said:
    return Said(comment.name, comment.other_favorite, comment.words)


def _blocked(comment: Comment) -> str:
    text = _said(comment).text.casefold()
    blocks = Block.objects.filter(
        Q(kind=Block.Kind.WORD)
        | Q(kind=Block.Kind.EMAIL, value=comment.email.casefold())
        | Q(kind=Block.Kind.SENDER, value=comment.sender)
    )
    for block in blocks:
        if block.kind == Block.Kind.EMAIL and comment.email:
            return "You blocked this address."
        if block.kind == Block.Kind.SENDER and comment.sender:
            return "You blocked this sender."
        if block.kind == Block.Kind.WORD and block.value in text:
            return f"It holds “{block.value}”, which you blocked."
    return ""


def _many_links(comment: Comment) -> str:
    number = len(link_detection.found(_said(comment).text))
    return f"It holds {number} links." if number >= MANY_LINKS else ""


def _repeated(comment: Comment) -> list[str]:
    """The same longer text was sent before, by anybody."""
    if len(comment.words) < REPEATED:
        return []
    month = timezone.now() - timedelta(days=30)
    same = Comment.objects.filter(words__iexact=comment.words, written_at__gt=month)
    return ["The same text was sent before."] if same.exclude(pk=comment.pk).exists() else []


def _foreign_script(comment: Comment) -> list[str]:
    """Most letters are of a script this site does not use: held, for a person to read."""
    letters = [c for c in comment.words if c.isalpha()]
    foreign = [c for c in letters if not unicodedata.name(c, "").startswith(SCRIPTS)]
    if len(foreign) > len(letters) / 2:
        return ["It is written in another script than the page."]
    return []


def _imitated(comment: Comment) -> list[str]:
    """It is signed, or names its favorite, as if somebody of this site wrote: always held."""
    name = impersonation.imitated(comment.name) or impersonation.signed_as(comment.other_favorite)
    name = name or impersonation.signed_as(comment.words)
    return [f"{IMITATES} “{name}”."] if name else []


def _known_people(comments: Iterable[Comment]) -> set[str]:
    """Of those who wrote these: whose words the trainer published before, and never turned away."""
    people = {comment.author_hash for comment in comments if comment.author_hash}
    theirs = Comment.objects.filter(author_hash__in=people)
    turned_away = theirs.filter(Q(is_spam=True) | Q(removed_by=Comment.Remover.TRAINER))
    published = theirs.published().values("author_hash").annotate(number=Count("pk"))
    known = published.filter(number__gte=KNOWN_AFTER).values_list("author_hash", flat=True)
    return set(known.order_by()) - set(turned_away.values_list("author_hash", flat=True))


def _learned(comments: list[Comment]) -> Learned:
    """What her decisions taught of the words of these comments."""
    words = {ALL}.union(*(words_of(_said(comment)) for comment in comments))
    counts: dict[str, tuple[int, int]] = {}
    ordered = sorted(words)
    for start in range(0, len(ordered), WORDS_A_QUERY):
        some = ordered[start : start + WORDS_A_QUERY]
        rows = WordCount.objects.filter(word__in=some).values_list("word", "published", "spam")
        counts |= {word: (published, spam) for word, published, spam in rows}
    published, spam = counts.pop(ALL, (0, 0))
    return Learned(published, spam, counts)


ALL = ""  # the row that counts whole comments


@transaction.atomic
def learn(comment: Comment, decision: str, times: int = 1) -> None:
    """Count a comment's words as published or spam; times -1 takes that back."""
    field = {"publish": "published", "spam": "spam"}[decision]
    words = {ALL, *words_of(_said(comment))}
    WordCount.objects.bulk_create((WordCount(word=w) for w in words), ignore_conflicts=True)
    rows = WordCount.objects.filter(word__in=words)
    if times < 0:
        rows = rows.filter(**{f"{field}__gt": 0})
    rows.update(**{field: F(field) + times})
