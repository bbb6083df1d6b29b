"""Patterns of claims, file names, vague links and amounts in a text, for writing/check.py."""

from __future__ import annotations

import re

VAGUE_LINKS = {
    *("", "click", "click here", "here", "see here", "this", "see this", "this page", "this one"),
    *("link", "this link", "read more", "learn more", "find out more", "more", "what is there"),
}
FILE_NAME = re.compile(
    r".+\.(?:jpe?g|png|webp|avif|hei[cf]|gif)"
    r"|(?:img|dscn?|pxl|image|picture|photo|untitled|screen ?shot|whatsapp image)"
    r"(?:[\W\d_]|at|[ap]m)*",
    re.I,
)
IMAGE_OF = re.compile(
    r"(?:this is )?(?:an? |the )?(?:image|picture|photo|photograph|graphic)(?: (?:of|showing)\b|:)",
    re.I,
)
NUMBER_WORDS = [
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve"),
]
# The words of a comparison after "twice" or "three times": "as effective", "the strength"; but not
# those of "three times as a warm-up", "two times more, then rest" or "ten times the next day".
COMPARISON = (
    r"(?:as (?!(?:an?|the|i|you|we|part)\b)\w+"
    r"|more (?!(?:this|that|then|each|every|on|in|at|with|and|before|if)\b)\w+"
    r"|the (?:\w+ )?(?:activity|activation|strength|power|force|growth|size|muscle|effect|work"
    r"|risk|result|gain)s?\b"
    r"|higher|stronger|greater|larger|faster|better)"
)
CLAIM = re.compile(
    "|".join(
        [
            r"(?<!\bmy )(?<!\bown )\bresearch(?:ers)?\b",
            r"(?<!\bmy )\bstudies\b",
            r"(?<!\bi )(?<!\bto )(?<!\bmy )(?<!\bcase )\bstudy\b(?! group)",
            r"\baccording to\b(?! (?:your|my|how|what)\b)",
            r"\bscientists?\b",
            r"\bexperts (?:say|agree)\b",
            r"\bevidence (?:shows|suggests)\b",
            r"\b(?:shown|proven) to\b",
            r"\bmeta-analys[ei]s\b",
            r"\bclinical trials?\b",
            rf"\b(?:twice|(?:{'|'.join(NUMBER_WORDS[1:10])}|\d+(?:\.\d+)?)"
            r"(?: times| ?[x×])) " + COMPARISON,
            # Percentages, but not of effort ("give it 100%") or load ("80% of your best").
            r"\b(?!100\b(?! ?%? of\b))\d+(?:\.\d+)?(?: ?%|[ -]percent\b)"
            r"(?!(?: more| less)? (?:weight|load|each|every|a week)\b)(?! of (?:your|my|what)\b)",
        ]
    ),
    re.I,
)
NUMBER = rf"(\d+|{'|'.join(NUMBER_WORDS)})"
AMOUNT = rf"\b{NUMBER}(?:(?: ?[-–] ?| to | or ){NUMBER})?"  # "8 to 12" is a range
FIGURES = r"(\d+)(?: ?[-–] ?(\d+))?"  # "3 × 5–8"
# "The last two reps" or "two reps left" are part of a set, not its number of repetitions.
NOT_PART = "".join(
    rf"(?<!\b{word} )" for word in ("last", "first", "final", "next", "other", "extra")
)
AMOUNTS = [
    ("sets", re.compile(rf"{NOT_PART}{AMOUNT} sets?\b(?! left| more)", re.I)),
    (
        "repetitions",
        re.compile(
            rf"{NOT_PART}{AMOUNT} rep(?:etition)?s\b(?! left| more| in (?:reserve|the tank))", re.I
        ),
    ),
    ("seconds", re.compile(rf"{AMOUNT}[- ]seconds?\b", re.I)),
    ("sets", re.compile(rf"\b{FIGURES} ?[×x] ?\d+", re.I)),
    ("repetitions", re.compile(rf"\b\d+ ?[×x] ?{FIGURES}\b(?! ?(?:s\b|[-–] ?\d))", re.I)),
]
# Verbs that say what the seconds are for.
SECONDS_OF = re.compile(
    r"\b(?:(?P<hold>hold|held|squeez|paus|stay|keep)|(?P<rest>rest|wait|break)"
    r"|(?P<way>lower|lift|rais|come|count|warm|take))",
    re.I,
)


def seconds_of(words: str, match: re.Match[str]) -> str:
    """What the matched number of seconds is for: "hold", "rest" or "way" (the movement itself).
    The last verb before it in the sentence decides, else the next verb; without verbs, "hold"."""
    before = re.split(r"[.!?]\s", words[: match.start()])[-1]
    after = re.split(r"[.!?]", words[match.end() :])[0]
    found = [*SECONDS_OF.finditer(before)][-1:] or [*SECONDS_OF.finditer(after)][:1]
    return str(found[0].lastgroup) if found else "hold"


def number(word: str) -> int:
    return int(word) if word.isdigit() else NUMBER_WORDS.index(word.lower()) + 1
