"""How likely a comment is spam: what spam usually says, and what the trainer's decisions taught.

The score is a sum in the manner of naive Bayes: each sign adds its weight (log odds of spam), words
of training take some off, and what her decisions taught adds or takes off a bounded amount. A
comment is folded as "Probably spam" when the sum reaches LIKELY. The signs stand in
`spam_phrases.toml`; weights and limit were calibrated on the texts in `tests/data/`, which
`tests/comments/test_spam_scoring.py` measures again.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from comments import link_detection

LIKELY = 3.15  # log odds; one clear sign is enough where nothing speaks against it
LEARNED_ENOUGH = 10  # decisions of each kind, before the learned words count
SEEN_ENOUGH = 3  # comments with a word, before it counts
DOUBT = 2.0
TELLING = 0.38  # from one half
LEARNED_WORD = 0.7  # log odds that one word may; else "this" alone, by chance, folds a reader
LEARNED_MOST = 2.0  # log odds that the learned words may add or take off
MOST_TRAINING_WORDS = 4
CLEAR = 2.0  # log odds of a sign that readers hardly ever give
# Without a clear sign, praise and doubtful words add up to so much, unless very many.
VAGUE_MOST = 2.0
VAGUE_MANY = 4.9

VAGUE = {
    "Its praise would fit any page.",
    "It speaks of blogs and their technology rather than of training.",
}


@dataclass(frozen=True)
class Said:
    """What a reader wrote: the name, the favorite that is not in the library, the words."""

    name: str
    favorite: str
    words: str

    @property
    def text(self) -> str:
        return "\n".join([self.name, self.favorite, self.words])


@dataclass(frozen=True)
class Learned:
    """How often words stood in what she published and in spam, and how many comments those were."""

    published: int = 0
    spam: int = 0
    words: dict[str, tuple[int, int]] = field(default_factory=dict)  # published, spam

    def odds(self, words: Iterable[str]) -> float:
        """Log odds of spam by the words that stood in several comments; 0 while too little was
        learned. Each word's probability is drawn towards one half as if DOUBT more comments had
        been undecided (Gary Robinson, "A Statistical Approach to the Spam Problem", Linux Journal
        107, 2003); words that say little are left out, as there."""
        if min(self.published, self.spam) < LEARNED_ENOUGH:
            return 0.0
        odds = 0.0
        for published, spam in (self.words[word] for word in words if word in self.words):
            ham, bad = published / self.published, spam / self.spam
            seen = published + spam
            chance = (DOUBT / 2 + seen * bad / (ham + bad)) / (DOUBT + seen) if seen else 0.5
            if seen >= SEEN_ENOUGH and abs(chance - 0.5) > TELLING:
                word = math.log(chance / (1 - chance))
                odds += max(-LEARNED_WORD, min(LEARNED_WORD, word))
        return max(-LEARNED_MOST, min(LEARNED_MOST, odds))


@dataclass(frozen=True)
class Score:
    odds: float
    reasons: list[str]  # in plain words, for the trainer

    @property
    def is_likely(self) -> bool:
        return self.odds >= LIKELY


def score(said: Said, learned: Learned) -> Score:
    """How likely it is spam, with what speaks for it."""
    odds, reasons = _by_signs(said)
    taught = learned.odds(words_of(said))
    if taught >= 1:
        reasons = [*reasons, "Its words are like those of spam you marked."]
    return Score(odds + taught, list(reasons))


@lru_cache(maxsize=1000)
def _by_signs(said: Said) -> tuple[float, Sequence[str]]:
    """The score before anything was learned. Cached, as each decision has all that waits scored
    again, and reading a text for signs takes half a millisecond."""
    signs = [*_signs(said), _training(said)]
    reasons = dict.fromkeys(reason for _, reason in signs if reason)
    odds = sum(weight for weight, _ in signs)
    clear = any(weight >= CLEAR and reason not in VAGUE for weight, reason in signs)
    if not clear and odds < VAGUE_MANY:
        odds = min(odds, VAGUE_MOST)
    return odds, tuple(reasons)


def _training(said: Said) -> tuple[float, str]:
    """Words of the gym speak for a reader; a longer text without any speaks a little against."""
    text = _lower(said.text)
    if different := len(set(TRAINING.findall(text))):
        return -0.9 * min(different, MOST_TRAINING_WORDS), ""
    length = len(text.split())
    if length > 8:
        return 1.2, "It does not speak of training."
    return (0.6 if length > 4 else 0.0), ""


WORD = re.compile(r"\w{3,40}")


def words_of(said: Said) -> set[str]:
    """What is learned of a comment: its words, counted once each."""
    return {word.casefold()[:40] for word in WORD.findall(said.text)}


def _lower(text: str) -> str:
    return link_detection.plain(text).casefold().replace("’", "'")


def _signs(said: Said) -> Iterator[tuple[float, str]]:
    text = _lower(said.text)
    said_already: set[str] = set()
    counted: set[int] = set()
    for weight, reason, pattern in PHRASES:
        matches = [match for match in pattern.finditer(text) if match.start() not in counted]
        for match in matches:  # no word speaks for two reasons
            counted.update(range(*match.span()))
        if matches:
            # What says the same again adds half as much: the second and the third of a row, and the
            # vague words beside the clear ones.
            different = len({match[0] for match in matches})
            weight *= 1 + min(different - 1, 2) / 2
            yield weight / 2 if reason in said_already else weight, reason
            said_already.add(reason)
    yield from _links(said)
    yield from _style(said)


def _links(said: Said) -> Iterator[tuple[float, str]]:
    if link_detection.found(said.name) or link_detection.found(said.favorite):
        yield 3.0, "The name or the favorite is a link."
    found = [link.casefold() for link in link_detection.found(said.words)]
    doubtful = [link for link in found if not TRUSTED.search(link)]
    if not doubtful:
        return
    yield min(1.0 + 0.8 * (len(doubtful) - 1), 3.0), "It holds a link."
    if any(SHADY.search(link) for link in doubtful):
        yield 1.5, "A link leads to a shortener or an ending that spam likes."
    if link_detection.MARKUP.search(said.words):
        yield 2.0, "It holds markup for links, as robots write it."
    written = link_detection.readable(said.words).casefold()
    if not any(_host(link) in written for link in doubtful):
        yield 2.5, "A link is written so that filters do not see it."


def _host(link: str) -> str:
    return re.sub(r"^(\w+:)?/*", "", link).split("/")[0]


def _style(said: Said) -> Iterator[tuple[float, str]]:
    letters = [c for c in said.words if c.isalpha()]
    if len(letters) >= 20 and sum(c.isupper() for c in letters) > 0.6 * len(letters):
        yield 1.0, "Most of it is in capital letters."
    if said.words.count("!") >= 4:
        yield 0.5, "It has many exclamation marks."
    words = re.findall(r"[^\W\d_]{4,}", said.words)
    odd = [word for word in words if NO_WORD.search(word)]
    if len(words) >= 4 and len(odd) > len(words) / 2:
        yield 3.0, "Most of it are no words of any language."


# Letters from a random generator: capitals inside, or six consonants in a row.
NO_WORD = re.compile(r"[a-z][A-Z]|[bcdfghjklmnpqrstvwxz]{6}")

_known = tomllib.loads(Path(__file__).with_name("spam_phrases.toml").read_text("utf-8"))


def _any_of(phrases: str) -> str:
    """Phrases of the file, separated by "|" and line breaks, as one regular expression."""
    return link_detection.readable("|".join(phrases.strip("\n").split("\n")))


TRUSTED = re.compile(rf"(?:^|[/.])(?:{_any_of(_known['trusted_hosts'])})\b")
SHADY = re.compile(
    rf"\b(?:{_any_of(_known['shady_hosts'])})\b|\.(?:{_any_of(_known['shady_endings'])})\b"
)
TRAINING = re.compile(
    rf"\b(?:{_any_of(_known['training'])})\b|{_any_of(_known['training_anywhere'])}"
)
# A word begins here; those of Chinese and Japanese have no space before them.
BEGIN = r"(?<![^\W\u3040-\u9fff])"
PHRASES = [
    (sign["weight"], sign["reason"], re.compile(rf"{BEGIN}(?:{_any_of(sign['phrases'])})"))
    for sign in _known["sign"]
]
