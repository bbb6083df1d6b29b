"""Scores how likely a comment is spam, by typical phrases and by the trainer's earlier decisions.

The score is a sum of log odds, as in naive Bayes: each sign of spam adds its weight, words about
training subtract, and words learned from the trainer's decisions add or subtract a bounded amount.
The queue collapses a comment whose score reaches LIKELY_SPAM as "Probably spam". The phrases are in
`spam_phrases.toml`. Weights and limit were calibrated on the texts in `tests/data/`;
`tests/comments/test_spam_scoring.py` measures them again.
"""

import math
import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from comments import link_detection
from comments.link_detection import find_links

LIKELY_SPAM = 3.15  # log odds; one clear phrase (3.2) is enough if no words about training subtract
MIN_DECISIONS = 10  # published and spam comments needed, each, before learned words count
MIN_SEEN = 3  # comments that must contain a word before the word counts
PRIOR_STRENGTH = 2.0  # comments; the parameter s in Robinson's article, see log_odds()
MIN_DEVIATION = 0.38  # a word counts if its probability differs more than this from one half
MAX_WORD_ODDS = 0.7  # log odds; with a higher limit, the word "this" alone could look like spam
MAX_LEARNED_ODDS = 2.0  # log odds of all learned words together
MAX_TRAINING_WORDS = 4
CLEAR_SIGN = 2.0  # log odds; readers hardly ever write what a sign of this weight matches
# Without a clear sign, log odds between these two limits are lowered to VAGUE_CAP.
VAGUE_CAP = 2.0
VAGUE_UNCAPPED_FROM = 4.9

VAGUE_REASONS = {
    "Its praise would fit any page.",
    "It speaks of blogs and their technology rather than of training.",
}


@dataclass(frozen=True)
class Submission:
    """The texts of a comment: `name`, `other_favorite` and `words`."""

    name: str
    favorite: str
    words: str

    @property
    def text(self) -> str:
        return "\n".join([self.name, self.favorite, self.words])


@dataclass(frozen=True)
class Learned:
    """How many comments the trainer published and marked as spam, in all and with each word."""

    published: int = 0
    spam: int = 0
    words: dict[str, tuple[int, int]] = field(default_factory=dict)  # word: (published, spam)

    def log_odds(self, words: Iterable[str]) -> float:
        """Returns the log odds that a comment with these words is spam; 0 after too few decisions.
        The probability of each word is moved toward one half, as if PRIOR_STRENGTH more comments
        were half spam, and is ignored if near one half (Gary Robinson, "A Statistical Approach to
        the Spam Problem", Linux Journal 107, 2003)."""
        if min(self.published, self.spam) < MIN_DECISIONS:
            return 0.0
        total = 0.0
        for published, spam in (self.words[word] for word in words if word in self.words):
            published_rate, spam_rate = published / self.published, spam / self.spam
            seen = published + spam
            if seen < MIN_SEEN:
                continue
            p = seen * spam_rate / (published_rate + spam_rate)
            p = (PRIOR_STRENGTH / 2 + p) / (PRIOR_STRENGTH + seen)
            if abs(p - 0.5) > MIN_DEVIATION:
                total += max(-MAX_WORD_ODDS, min(MAX_WORD_ODDS, math.log(p / (1 - p))))
        return max(-MAX_LEARNED_ODDS, min(MAX_LEARNED_ODDS, total))


@dataclass(frozen=True)
class Score:
    log_odds: float
    reasons: list[str]  # sentences for the trainer

    @property
    def is_likely(self) -> bool:
        return self.log_odds >= LIKELY_SPAM


def score(submission: Submission, learned: Learned) -> Score:
    log_odds, reasons = _score_by_signs(submission)
    from_decisions = learned.log_odds(words_of(submission))
    if from_decisions >= 1:
        reasons = [*reasons, "Its words are like those of spam you marked."]
    return Score(log_odds + from_decisions, list(reasons))


@lru_cache(maxsize=1000)
def _score_by_signs(submission: Submission) -> tuple[float, Sequence[str]]:
    """Returns the log odds, without learned words, and the reasons. The result is cached, because
    each decision rescores all waiting comments, and one score takes half a millisecond."""
    signs = [*_signs(submission), _training(submission)]
    reasons = dict.fromkeys(reason for _, reason in signs if reason)
    log_odds = sum(weight for weight, _ in signs)
    is_clear = any(w >= CLEAR_SIGN and reason not in VAGUE_REASONS for w, reason in signs)
    if not is_clear and log_odds < VAGUE_UNCAPPED_FROM:
        log_odds = min(log_odds, VAGUE_CAP)
    return log_odds, tuple(reasons)


def _training(submission: Submission) -> tuple[float, str]:
    """Returns a weight, negative for words about training, positive with a reason for none."""
    text = _normalized(submission.text)
    if different := len(set(TRAINING.findall(text))):
        return -0.9 * min(different, MAX_TRAINING_WORDS), ""
    length = len(text.split())
    if length > 8:
        return 1.2, "It does not speak of training."
    return (0.6 if length > 4 else 0.0), ""


WORD = re.compile(r"\w{3,40}")


def words_of(submission: Submission) -> set[str]:
    """Returns the distinct words of a comment that the spam filter counts to learn from."""
    return {word.casefold()[:40] for word in WORD.findall(submission.text)}


def _normalized(text: str) -> str:
    return link_detection.deobfuscated(text).casefold().replace("’", "'")


def _signs(submission: Submission) -> Iterator[tuple[float, str]]:
    """Yields the weight (log odds) and the reason of each sign of spam."""
    text = _normalized(submission.text)
    reasons_given: set[str] = set()
    matched: set[int] = set()
    for weight, reason, pattern in PHRASES:
        matches = [match for match in pattern.finditer(text) if match.start() not in matched]
        for match in matches:
            matched.update(range(*match.span()))  # no later phrase may begin inside this one
        if matches:
            # The second and the third phrase of a sign each add half its weight. A second sign with
            # the same reason counts half.
            different = len({match[0] for match in matches})
            weight *= 1 + min(different - 1, 2) / 2
            yield weight / 2 if reason in reasons_given else weight, reason
            reasons_given.add(reason)
    yield from _link_signs(submission)
    yield from _style_signs(submission)


def _link_signs(submission: Submission) -> Iterator[tuple[float, str]]:
    if find_links(submission.name) or find_links(submission.favorite):
        yield 3.0, "The name or the favorite is a link."
    links = [link.casefold() for link in find_links(submission.words)]
    doubtful = [link for link in links if not TRUSTED.search(link)]
    if not doubtful:
        return
    yield min(1.0 + 0.8 * (len(doubtful) - 1), 3.0), "It holds a link."
    if any(SHADY.search(link) for link in doubtful):
        yield 1.5, "A link leads to a shortener or an ending that spam likes."
    if link_detection.MARKUP.search(submission.words):
        yield 2.0, "It holds markup for links, as robots write it."
    typed = link_detection.normalized(submission.words).casefold()
    if not any(_host(link) in typed for link in doubtful):
        yield 2.5, "A link is written so that filters do not see it."


def _host(link: str) -> str:
    return re.sub(r"^(\w+:)?/*", "", link).split("/")[0]


def _style_signs(submission: Submission) -> Iterator[tuple[float, str]]:
    letters = [c for c in submission.words if c.isalpha()]
    if len(letters) >= 20 and sum(c.isupper() for c in letters) > 0.6 * len(letters):
        yield 1.0, "Most of it is in capital letters."
    if submission.words.count("!") >= 4:
        yield 0.5, "It has many exclamation marks."
    words = re.findall(r"[^\W\d_]{4,}", submission.words)
    gibberish = [word for word in words if GIBBERISH.search(word)]
    if len(words) >= 4 and len(gibberish) > len(words) / 2:
        yield 3.0, "Most of it are no words of any language."


# Matches random letters: a capital after a lower-case letter, or six consonants in a row.
GIBBERISH = re.compile(r"[a-z][A-Z]|[bcdfghjklmnpqrstvwxz]{6}")

_phrases = tomllib.loads(Path(__file__).with_name("spam_phrases.toml").read_text("utf-8"))


def _any_of(phrases: str) -> str:
    """Turns phrases of spam_phrases.toml, separated by "|" or line breaks, into one alternation."""
    return link_detection.normalized("|".join(phrases.strip("\n").split("\n")))


TRUSTED = re.compile(rf"(?:^|[/.])(?:{_any_of(_phrases['trusted_hosts'])})\b")
SHADY = re.compile(
    rf"\b(?:{_any_of(_phrases['shady_hosts'])})\b|\.(?:{_any_of(_phrases['shady_endings'])})\b"
)
TRAINING = re.compile(
    rf"\b(?:{_any_of(_phrases['training'])})\b|{_any_of(_phrases['training_anywhere'])}"
)
# Matches at the beginning of a word, and after any Chinese or Japanese character.
WORD_START = r"(?<![^\W\u3040-\u9fff])"
PHRASES = [
    (sign["weight"], sign["reason"], re.compile(rf"{WORD_START}(?:{_any_of(sign['phrases'])})"))
    for sign in _phrases["sign"]
]
