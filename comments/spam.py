"""The spam filter: publishes a comment, holds it for the trainer, or marks it as spam. It needs no
captcha and no external service, and deletes nothing: spam is kept for thirty days, and the trainer
can publish it."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from comments.impersonation import imitated_by_name, imitated_by_signature
from comments.link_detection import find_links
from comments.models import Block, Comment, Event, WordCount
from comments.spam_scoring import Learned, Score, Submission, score, words_of
from publishing.models import Site

MANY_LINKS = 3
CERTAIN_SPAM = 5.0  # log odds; a score above it is one of the certain signs in judge()
WORDS_PER_QUERY = 10_000  # SQLite accepts at most 32,766 parameters
MAX_RESCORED = 1000  # waiting comments, newest first, that are scored again after a decision
HELD_BY_RULE = "Every new answer waits for you."
IMITATES = "Readers could take it for words of"
MIN_REPEATED_LENGTH = 40  # characters; shorter texts repeat by chance
KNOWN_AFTER = 3  # published comments; then the filter trusts a person more
SITE_SCRIPTS = ("LATIN", "COMMON")
ALL_COMMENTS = ""  # `word` of the WordCount row that counts all comments


@dataclass(frozen=True)
class Verdict:
    result: str  # "publish", "hold" or "spam"
    reasons: list[str]
    likely_spam: bool = False  # if held, the queue shows it collapsed


def judge(
    comment: Comment, *, filled_honeypot: bool = False, has_no_origin: bool = False
) -> Verdict:
    """Judges a new or edited comment. has_no_origin: see web/origin.py."""
    submission = _submission(comment)
    links = find_links(submission.text)
    blocked = _blocked(comment)
    certain = [blocked] if blocked else []
    if len(links) >= MANY_LINKS:
        certain.append(f"It holds {len(links)} links.")
    scored = score(submission, _learned([comment]))
    if scored.log_odds > CERTAIN_SPAM:
        certain.append("Most of it reads like spam.")
    doubts = [
        *(["The field that people do not see was filled in."] if filled_honeypot else []),
        *(["The browser did not say which page it came from."] if has_no_origin else []),
        *(["It holds a link."] if links else []),
        *_repeated(comment),
        *_foreign_script(comment),
        *_impersonates(comment),
    ]
    known = _known_people([comment])
    likely = scored.is_likely and not known
    if certain and (filled_honeypot or len(certain) > 1 or blocked):
        return Verdict("spam", certain + doubts)
    if certain or doubts or likely:
        return Verdict("hold", certain + doubts or [HELD_BY_RULE], likely_spam=likely)
    if known and Site.current().known_readers_pass:
        return Verdict("publish", ["You have published this person's words before."])
    return Verdict("hold", [HELD_BY_RULE])


def scores(comments: list[Comment]) -> dict[int, Score]:
    """Maps the primary key of each comment to its current spam score."""
    learned = _learned(comments)
    return {comment.pk: score(_submission(comment), learned) for comment in comments}


@transaction.atomic
def rescore_waiting() -> None:
    """Updates is_likely_spam of the newest MAX_RESCORED waiting comments after a decision of the
    trainer. Comments of known readers, or put back into the queue by her, are never likely spam."""
    waiting = Comment.objects.filter(published_at=None, removed_at=None, is_spam=False)
    rows = list(waiting.order_by("-written_at")[:MAX_RESCORED])
    decided, known, current = decided_by_trainer(waiting), _known_people(rows), scores(rows)
    changed: dict[bool, list[int]] = {True: [], False: []}
    for row in rows:
        is_exempt = row.pk in decided or row.author_hash in known
        likely = current[row.pk].is_likely and not is_exempt
        if likely != row.is_likely_spam:
            changed[likely].append(row.pk)
    for likely, pks in changed.items():
        waiting.filter(pk__in=pks).update(is_likely_spam=likely)


def decided_by_trainer(comments: Iterable[Comment]) -> set[int]:
    """Returns the primary keys of the comments that the trainer has decided on before."""
    events = Event.objects.filter(comment__in=comments, by__isnull=False)
    return set(events.values_list("comment", flat=True))


def _submission(comment: Comment) -> Submission:
    return Submission(comment.name, comment.other_favorite, comment.words)


def _blocked(comment: Comment) -> str:
    text = _submission(comment).text.casefold()
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


def _repeated(comment: Comment) -> list[str]:
    """Returns a reason to hold the comment if anybody sent its long text in the last 30 days."""
    if len(comment.words) < MIN_REPEATED_LENGTH:
        return []
    month_ago = timezone.now() - timedelta(days=30)
    same = Comment.objects.filter(words__iexact=comment.words, written_at__gt=month_ago)
    return ["The same text was sent before."] if same.exclude(pk=comment.pk).exists() else []


def _foreign_script(comment: Comment) -> list[str]:
    letters = [c for c in comment.words if c.isalpha()]
    foreign = [c for c in letters if not unicodedata.name(c, "").startswith(SITE_SCRIPTS)]
    if len(foreign) > len(letters) / 2:
        return ["It is written in another script than the page."]
    return []


def _impersonates(comment: Comment) -> list[str]:
    name = imitated_by_name(comment.name) or imitated_by_signature(comment.other_favorite)
    name = name or imitated_by_signature(comment.words)
    return [f"{IMITATES} “{name}”."] if name else []


def _known_people(comments: Iterable[Comment]) -> set[str]:
    """Returns the author_hash of each writer of these comments with at least KNOWN_AFTER published
    comments and none that the trainer removed or that is spam."""
    people = {comment.author_hash for comment in comments if comment.author_hash}
    theirs = Comment.objects.filter(author_hash__in=people)
    rejected = theirs.filter(Q(is_spam=True) | Q(removed_by=Comment.Remover.TRAINER))
    published = theirs.published().values("author_hash").annotate(number=Count("pk"))
    known = published.filter(number__gte=KNOWN_AFTER).values_list("author_hash", flat=True)
    return set(known.order_by()) - set(rejected.values_list("author_hash", flat=True))


def _learned(comments: list[Comment]) -> Learned:
    """Loads how often the trainer published, or marked as spam, the words of these comments."""
    words = {ALL_COMMENTS}.union(*(words_of(_submission(comment)) for comment in comments))
    counts: dict[str, tuple[int, int]] = {}
    ordered = sorted(words)
    for start in range(0, len(ordered), WORDS_PER_QUERY):
        batch = ordered[start : start + WORDS_PER_QUERY]
        rows = WordCount.objects.filter(word__in=batch).values_list("word", "published", "spam")
        counts |= {word: (published, spam) for word, published, spam in rows}
    published, spam = counts.pop(ALL_COMMENTS, (0, 0))
    return Learned(published, spam, counts)


@transaction.atomic
def learn(comment: Comment, field: str, times: int = 1) -> None:
    """Adds `times` (-1 reverts an earlier call) to the count "published" or "spam" of each word."""
    words = {ALL_COMMENTS, *words_of(_submission(comment))}
    WordCount.objects.bulk_create((WordCount(word=w) for w in words), ignore_conflicts=True)
    rows = WordCount.objects.filter(word__in=words)
    if times < 0:
        rows = rows.filter(**{f"{field}__gt": 0})
    rows.update(**{field: F(field) + times})
