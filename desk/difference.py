"""What changed between two texts, word by word, in time that grows with their length.

difflib compares each word with every other one where words repeat, which takes minutes for a book
on one line. Here words that occur once in both texts are the anchors (Bram Cohen's patience diff),
and what stands between two anchors is compared by Myers' algorithm ("An O(ND) Difference Algorithm
and Its Variations", 1986), which stops after a number of steps that is proportional to its input.
What was not compared to the end is shown as replaced.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

KEPT_AROUND = 12  # words that stay the same, shown on both sides of a change
DEPTH = 12  # how often anchors are looked for between anchors
EFFORT = 4  # steps of Myers' algorithm for each word of a large range
SMALL = 1000  # steps for a small range
LONG_WORD = 60  # characters; what is longer is compared by its characters

_MARKS = '!"#$%&()*+,./:;<=>?@\\[\\\\\\]^`{|}~¡¿«»‘‚“”„…–—،؛؟।、。〈-】！（），．：；？'
# Chinese, and kana without the two marks that go on with the one before.
_WITHOUT_SPACES = "\u3040-\u3098\u309b-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_GO_ON = "\u0300-\u036f\u20d0-\u20f0\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef"
TOKEN = re.compile(
    rf"\s+|[{_MARKS}{_WITHOUT_SPACES}][{_GO_ON}]*|[^\s{_MARKS}{_WITHOUT_SPACES}]+", re.UNICODE
)
LINE_END = re.compile(r"\r\n?")
JOINER = "\u200d"  # of several emoji as one
# Skin tones, the letters of a region's flag, and the vowels and last consonants of Korean.
GO_ON = re.compile("[\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f\u1160-\u11ff\u200c\u200d]")


class Run(NamedTuple):
    """A run of items that two sequences have in common: where it begins in each, and its length."""

    old: int
    new: int
    length: int


def words_changed(old: str, new: str) -> SafeString:
    """The new text as HTML, with <ins> around what is new, and <del> around what is gone. What is
    outside <ins> is the old text, what is outside <del> the new one; only lines that did not change
    are shortened, with an ellipsis, to a few words on each side of a change. How lines end is no
    change: each comes with a line feed.

    Lines are compared first, and words only in lines that differ: so a new paragraph does not share
    its words with the next one."""
    were, are = (LINE_END.sub("\n", text).splitlines(True) for text in (old, new))
    pieces: list[str] = []
    seen = 0
    for lines_gone, lines_new, lines_same in _between(were, are):
        for gone, come, same in _between(_words(lines_gone), _words(lines_new)):
            pieces.append(format_html("<del>{}</del>", "".join(gone)) if gone else "")
            pieces.append(format_html("<ins>{}</ins>", "".join(come)) if come else "")
            pieces.append(escape("".join(same)))
        seen += len(lines_gone) + len(lines_new) + 2 * len(lines_same)
        last = seen == len(were) + len(are)
        pieces.append(_shortened(lines_same, first=not any(pieces), last=last))
    return mark_safe("".join(pieces))


def _words(lines: list[str]) -> list[str]:
    """The words, spaces and marks of these lines; a long word in its characters."""
    parts: list[str] = []
    for word in TOKEN.findall("".join(lines)):
        parts.extend(_characters(word) if len(word) > LONG_WORD else [word])
    return parts


def _characters(word: str) -> list[str]:
    """The characters that a reader sees, each with its marks: about the grapheme clusters of
    Unicode's annex 29."""
    starts: list[int] = []
    half_a_flag = False
    for i, char in enumerate(word):
        flag = "\U0001f1e6" <= char <= "\U0001f1ff"
        ends_flag = flag and half_a_flag
        half_a_flag = flag and not ends_flag
        goes_on = ends_flag or word[i - 1] == JOINER or GO_ON.match(char)
        if not i or not (goes_on or unicodedata.category(char).startswith("M")):
            starts.append(i)
    return [word[begin:end] for begin, end in pairwise([*starts, len(word)])]


def _between(old: list[str], new: list[str]) -> Iterator[tuple[list[str], list[str], list[str]]]:
    """What only the old sequence has, what only the new one has, and what follows in both."""
    a = c = 0
    for run in [*common_runs(old, new), Run(len(old), len(new), 0)]:
        yield old[a : run.old], new[c : run.new], new[run.new : run.new + run.length]
        a, c = run.old + run.length, run.new + run.length


def common_runs(old: Sequence[str], new: Sequence[str]) -> list[Run]:
    """What two sequences have in common, in order. The work is at most proportional to their
    length: each item is in at most one range of each depth, and in one that Myers compares."""
    found: list[Run] = []
    waiting = [(0, len(old), 0, len(new), 0)]
    while waiting:
        a, b, c, d, depth = waiting.pop()
        begun = a
        while a < b and c < d and old[a] == new[c]:
            a, c = a + 1, c + 1
        found.append(Run(begun, c - (a - begun), a - begun))
        ended = b
        while a < b and c < d and old[b - 1] == new[d - 1]:
            b, d = b - 1, d - 1
        found.append(Run(b, d, ended - b))
        if a == b or c == d:
            continue
        anchors = _anchors(old[a:b], new[c:d]) if depth < DEPTH else []
        if anchors:
            places = [(a, c), *((a + i, c + j) for i, j in anchors), (b, d)]
            for (i, j), (k, m) in pairwise(places):
                waiting.append((i, k, j, m, depth + 1))
        else:
            found += [Run(a + i, c + j, n) for i, j, n in _shortest_edit(old[a:b], new[c:d])]
    return _joined(sorted(run for run in found if run.length))


def _joined(runs: list[Run]) -> list[Run]:
    """The same runs, with those that follow each other in both sequences as one."""
    joined: list[Run] = []
    for run in runs:
        last = joined[-1] if joined else Run(0, 0, 0)
        if joined and (last.old + last.length, last.new + last.length) == (run.old, run.new):
            joined[-1] = last._replace(length=last.length + run.length)
        else:
            joined.append(run)
    return joined


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """The places, in old and new, of words that occur once in each: the most that stand in the
    same order (a longest increasing subsequence)."""
    were, are = Counter(old), Counter(new)
    place = {word: i for i, word in enumerate(old) if were[word] == 1}
    pairs = [
        (place[word], j)
        for j, word in enumerate(new)
        if are[word] == 1 and word in place and not word.isspace()
    ]
    ends: list[int] = []  # the smallest old place at which a sequence of each length ends
    last: list[int] = []  # and which pair that is
    before: list[int] = []
    for n, (i, _) in enumerate(pairs):
        length = bisect_left(ends, i)
        ends[length : length + 1] = [i]
        last[length : length + 1] = [n]
        before.append(last[length - 1] if length else -1)
    chosen = []
    n = last[-1] if last else -1
    while n >= 0:
        chosen.append(pairs[n])
        n = before[n]
    return chosen[::-1]


def _shortest_edit(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int, int]]:
    """The runs in common when as little as possible is changed; none where that takes too long."""
    left = max(SMALL, EFFORT * (len(old) + len(new)))
    reached = {1: 0}  # by diagonal (place in old minus place in new): how far in old
    steps: list[dict[int, int]] = []
    for edits in range(len(old) + len(new) + 1):
        steps.append(
            {k: reached[k] for k in range(1 - edits, edits, 2)} if edits else dict(reached)
        )
        for k in range(-edits, edits + 1, 2):
            down = k == -edits or (k != edits and reached[k - 1] < reached[k + 1])
            i = reached[k + 1] if down else reached[k - 1] + 1
            begun = i
            while i < len(old) and 0 <= i - k < len(new) and old[i] == new[i - k]:
                i += 1
            reached[k] = i
            left -= 1 + i - begun
            if i >= len(old) and i - k >= len(new):
                return _way_back(steps, len(old), len(new))
        if left < 0:
            return []
    return []


def _way_back(steps: list[dict[int, int]], i: int, j: int) -> list[tuple[int, int, int]]:
    """The runs in common along the path that Myers' algorithm took to the end of both."""
    runs = []
    for edits in range(len(steps) - 1, -1, -1):
        reached, k = steps[edits], i - j
        if edits:
            down = k == -edits or (k != edits and reached[k - 1] < reached[k + 1])
            before = reached[k + 1] if down else reached[k - 1]
            begun = before if down else before + 1
            was = k + 1 if down else k - 1
        else:
            begun = before = was = 0
        runs.append((begun, begun - k, i - begun))
        i, j = before, before - was
    return runs[::-1]


def _shortened(lines: list[str], first: bool, last: bool) -> str:
    """Lines that did not change, without their middle."""
    words = TOKEN.findall("".join(lines))
    begin = [] if first else words[:KEPT_AROUND]
    end = [] if last else words[-KEPT_AROUND:]
    if len(words) <= len(begin) + len(end) + KEPT_AROUND:
        return escape("".join(words))
    return format_html("{} … {}", "".join(begin), "".join(end))
