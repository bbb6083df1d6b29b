"""Judges a reader's words: publish, hold or spam, with the reasons for the trainer to read.

Quiet layers, no puzzle and no service elsewhere. When in doubt it holds, and it never drops: what
it calls spam is kept for thirty days and can be published with one tap.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils import timezone

from comments import names
from comments.models import Block, Comment, WordCount
from publishing.models import Site

LINK = re.compile(
    r"(?:https?://|www\.|\[url|<a\b)[^\s<\]]*|\b[\w-]+\.(?:com|net|org|ru|cn|top|xyz|shop)\b", re.I
)
WORD = re.compile(r"\w{3,40}")
MANY_LINKS = 3
SPAM_SCORE = 0.97  # of the learned words, from 0 to 1
LEARNED_ENOUGH = 10  # decisions of each kind, before the score counts
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


def judge(comment: Comment, facts: Facts) -> Verdict:
    """Judge a comment that is not saved yet, or whose words have changed."""
    certain = [reason for reason in (_blocked(comment), _many_links(comment)) if reason]
    score = _score(comment)
    if score > SPAM_SCORE:
        certain.append(f"Its words are those of spam you marked ({score:.0%}).")
    doubts = [
        *(["The field that people do not see was filled in."] if facts.trapped else []),
        *(["The browser did not say which page it came from."] if facts.silent else []),
        *(["It holds a link."] if LINK.search(_text(comment)) else []),
        *_repeated(comment),
        *_foreign_script(comment),
        *_imitated(comment),
    ]
    if certain and (facts.trapped or len(certain) > 1 or _blocked(comment)):
        return Verdict("spam", certain + doubts)
    if certain or doubts:
        return Verdict("hold", certain + doubts)
    if _is_known(comment):
        return Verdict("publish", ["You have published this person's words before."])
    return Verdict("hold", ["Every new answer waits for you."])


def _text(comment: Comment) -> str:
    return "\n".join([comment.name, comment.other_favorite, comment.words])


def _blocked(comment: Comment) -> str:
    text = _text(comment).casefold()
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
    links = len(LINK.findall(_text(comment)))
    return f"It holds {links} links." if links >= MANY_LINKS else ""


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
    name = names.imitated(comment.name) or names.imitated(comment.other_favorite)
    name = name or names.signed_as(comment.words)
    return [f"Readers could take it for words of “{name}”."] if name else []


def _is_known(comment: Comment) -> bool:
    """A person whose words the trainer published before, if she lets such people pass."""
    if not comment.person or not Site.current().known_readers_pass:
        return False
    theirs = Comment.objects.filter(person=comment.person)
    return (
        theirs.published().count() >= KNOWN_AFTER
        and not theirs.filter(Q(is_spam=True) | Q(removed_by=Comment.Remover.TRAINER)).exists()
    )


# What the trainer's decisions teach: naive Bayes with Laplace smoothing, over the words of a
# comment counted once each (Paul Graham, "A Plan for Spam", 2002, in its common textbook form).


def words_of(comment: Comment) -> set[str]:
    return {word.casefold()[:40] for word in WORD.findall(_text(comment))}


def _score(comment: Comment) -> float:
    """How likely its words are those of spam, 0 to 1; one half while too little was learned."""
    totals = WordCount.objects.filter(word=ALL).aggregate(p=Sum("published"), s=Sum("spam"))
    published, spam = totals["p"] or 0, totals["s"] or 0
    if min(published, spam) < LEARNED_ENOUGH:
        return 0.5
    odds = math.log(spam / published)
    for count in WordCount.objects.filter(word__in=words_of(comment)):
        odds += math.log((count.spam + 1) / (spam + 2))
        odds -= math.log((count.published + 1) / (published + 2))
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, odds))))


ALL = ""  # the row that counts whole comments


@transaction.atomic
def learn(comment: Comment, decision: str, times: int = 1) -> None:
    """Count a comment's words as published or spam; times -1 takes that back."""
    field = {"publish": "published", "spam": "spam"}[decision]
    words = {ALL, *words_of(comment)}
    WordCount.objects.bulk_create((WordCount(word=w) for w in words), ignore_conflicts=True)
    rows = WordCount.objects.filter(word__in=words)
    if times < 0:
        rows = rows.filter(**{f"{field}__gt": 0})
    rows.update(**{field: F(field) + times})
