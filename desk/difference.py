"""A word-level diff of two texts, in time that grows linearly with their length.

difflib compares every pair of equal words, which takes minutes for a book on one line. Here, words
that occur exactly once in each text are anchors (Bram Cohen's patience diff), and Myers' algorithm
("An O(ND) Difference Algorithm and Its Variations", 1986) compares the ranges between anchors. The
number of its steps is limited; a range that needs more is shown as replaced.
"""

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

CONTEXT_WORDS = 12  # unchanged words shown on each side of a change
MAX_DEPTH = 12  # how often a range is split at anchors, and its parts again
STEPS_PER_WORD = 4  # the limit for Myers' algorithm, for each word of a range …
MIN_STEPS = 1000  # … but at least this many for the whole range
LONG_WORD = 60  # characters; longer words are compared by character

_MARKS = '!"#$%&()*+,./:;<=>?@\\[\\\\\\]^`{|}~¡¿«»‘‚“”„…–—،؛؟।、。〈-】！（），．：；？'
# Chinese characters, and kana without their two combining marks. Each character counts as a word.
_NO_SPACES = "\u3040-\u3098\u309b-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_COMBINING = "\u0300-\u036f\u20d0-\u20f0\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef"
TOKEN = re.compile(rf"\s+|[{_MARKS}{_NO_SPACES}][{_COMBINING}]*|[^\s{_MARKS}{_NO_SPACES}]+")
LINE_END = re.compile(r"\r\n?")
JOINER = "\u200d"  # joins several emoji into one
# Characters that belong to the one before: skin tones, tags in flags of regions, vowels and final
# consonants of Korean, joiners.
EXTENDING = re.compile("[\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f\u1160-\u11ff\u200c\u200d]")


class Match(NamedTuple):
    """A run of items that both sequences contain."""

    old: int  # where it starts in the old sequence
    new: int
    length: int


def word_diff(old: str, new: str) -> SafeString:
    """Returns both texts as one HTML text, with <ins> around insertions and <del> around deletions.
    Without the insertions it is the old text, without the deletions the new one, but line endings
    become line feeds, and unchanged lines are shortened to a few words around each change. Lines
    are compared first, and words only within changed lines: otherwise the words of a new paragraph
    would match words of the next one."""
    old_lines, new_lines = (LINE_END.sub("\n", text).splitlines(True) for text in (old, new))
    pieces: list[str] = []
    seen = 0
    for deleted_lines, inserted_lines, equal_lines in _hunks(old_lines, new_lines):
        for deleted, inserted, equal in _hunks(_words(deleted_lines), _words(inserted_lines)):
            pieces.append(format_html("<del>{}</del>", "".join(deleted)) if deleted else "")
            pieces.append(format_html("<ins>{}</ins>", "".join(inserted)) if inserted else "")
            pieces.append(escape("".join(equal)))
        seen += len(deleted_lines) + len(inserted_lines) + 2 * len(equal_lines)
        is_last = seen == len(old_lines) + len(new_lines)
        pieces.append(_shortened(equal_lines, is_first=not any(pieces), is_last=is_last))
    return mark_safe("".join(pieces))  # noqa: S308  each piece is escaped


def _words(lines: list[str]) -> list[str]:
    """Splits lines into words, white space and punctuation; splits long words into characters."""
    parts: list[str] = []
    for word in TOKEN.findall("".join(lines)):
        parts.extend(_characters(word) if len(word) > LONG_WORD else [word])
    return parts


def _characters(word: str) -> list[str]:
    """Splits a word into characters as people see them, roughly Unicode's clusters (UAX #29)."""
    starts: list[int] = []
    is_half_flag = False
    for i, char in enumerate(word):
        is_flag = "\U0001f1e6" <= char <= "\U0001f1ff"
        ends_flag = is_flag and is_half_flag
        is_half_flag = is_flag and not ends_flag
        extends = ends_flag or word[i - 1] == JOINER or EXTENDING.match(char)
        if not i or not (extends or unicodedata.category(char).startswith("M")):
            starts.append(i)
    return [word[start:end] for start, end in pairwise([*starts, len(word)])]


def _hunks(old: list[str], new: list[str]) -> Iterator[tuple[list[str], list[str], list[str]]]:
    """Yields the deleted items, the inserted items, and the equal items after them, per change."""
    i = j = 0
    for match in [*matches(old, new), Match(len(old), len(new), 0)]:
        yield old[i : match.old], new[j : match.new], new[match.new : match.new + match.length]
        i, j = match.old + match.length, match.new + match.length


def matches(old: Sequence[str], new: Sequence[str]) -> list[Match]:
    """Returns the runs of items that two sequences have in common, in order, in linear time: ranges
    are split at anchors at most MAX_DEPTH levels deep, and Myers' algorithm, with limited steps,
    gets each item at most once."""
    found: list[Match] = []
    ranges = [(0, len(old), 0, len(new), 0)]
    while ranges:
        a, b, c, d, depth = ranges.pop()
        start = a
        while a < b and c < d and old[a] == new[c]:
            a, c = a + 1, c + 1
        found.append(Match(start, c - (a - start), a - start))
        end = b
        while a < b and c < d and old[b - 1] == new[d - 1]:
            b, d = b - 1, d - 1
        found.append(Match(b, d, end - b))
        if a == b or c == d:
            continue
        anchors = _anchors(old[a:b], new[c:d]) if depth < MAX_DEPTH else []
        if anchors:
            bounds = [(a, c), *((a + i, c + j) for i, j in anchors), (b, d)]
            ranges += [(i, k, j, m, depth + 1) for (i, j), (k, m) in pairwise(bounds)]
        else:
            found += [Match(a + i, c + j, n) for i, j, n in _myers(old[a:b], new[c:d])]
    return _merged(sorted(match for match in found if match.length))


def _merged(found: list[Match]) -> list[Match]:
    """Joins matches that are adjacent in both sequences."""
    merged: list[Match] = []
    for match in found:
        last = merged[-1] if merged else Match(0, 0, 0)
        if merged and (last.old + last.length, last.new + last.length) == (match.old, match.new):
            merged[-1] = last._replace(length=last.length + match.length)
        else:
            merged.append(match)
    return merged


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Returns the indexes, old and new, of words that occur exactly once in each sequence. If their
    order differs, returns a longest subsequence in the same order, found by patience sorting."""
    old_counts, new_counts = Counter(old), Counter(new)
    old_index = {word: i for i, word in enumerate(old) if old_counts[word] == 1}
    pairs = [
        (old_index[word], j)
        for j, word in enumerate(new)
        if new_counts[word] == 1 and word in old_index and not word.isspace()
    ]
    tops: list[int] = []  # [length - 1]: the smallest old index that ends such a subsequence
    top_pairs: list[int] = []  # [length - 1]: the index in `pairs` of that end
    predecessors: list[int] = []
    for n, (i, _) in enumerate(pairs):
        length = bisect_left(tops, i)
        tops[length : length + 1] = [i]
        top_pairs[length : length + 1] = [n]
        predecessors.append(top_pairs[length - 1] if length else -1)
    chosen = []
    n = top_pairs[-1] if top_pairs else -1
    while n >= 0:
        chosen.append(pairs[n])
        n = predecessors[n]
    return chosen[::-1]


def _myers(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int, int]]:
    """Returns the matches (old start, new start, length) of a shortest edit script, found by Myers'
    greedy algorithm, or an empty list if that takes too many steps. Diagonal k of the algorithm
    holds the points whose old index minus new index is k."""
    steps_left = max(MIN_STEPS, STEPS_PER_WORD * (len(old) + len(new)))
    furthest = {1: 0}  # the furthest old index reached on each diagonal
    trace: list[dict[int, int]] = []  # `furthest` before each number of edits, for _backtrack()
    for edits in range(len(old) + len(new) + 1):
        diagonals = range(1 - edits, edits, 2) if edits else furthest
        trace.append({k: furthest[k] for k in diagonals})
        for k in range(-edits, edits + 1, 2):
            start = i = furthest[k + 1] if _is_down(furthest, edits, k) else furthest[k - 1] + 1
            while i < len(old) and 0 <= i - k < len(new) and old[i] == new[i - k]:
                i += 1
            furthest[k] = i
            steps_left -= 1 + i - start
            if i >= len(old) and i - k >= len(new):
                return _backtrack(trace, len(old), len(new))
        if steps_left < 0:
            return []
    return []


def _is_down(furthest: dict[int, int], edits: int, k: int) -> bool:
    """True if the furthest path of so many edits reaches diagonal k by an insertion."""
    return k == -edits or (k != edits and furthest[k - 1] < furthest[k + 1])


def _backtrack(trace: list[dict[int, int]], i: int, j: int) -> list[tuple[int, int, int]]:
    """Returns the matches, as _myers() does, on the path to (i, j), the ends of the sequences."""
    found = []
    for edits in range(len(trace) - 1, 0, -1):
        furthest, k = trace[edits], i - j
        is_down = _is_down(furthest, edits, k)
        previous_k = k + 1 if is_down else k - 1
        previous = furthest[previous_k]
        start = previous if is_down else previous + 1
        found.append((start, start - k, i - start))
        i, j = previous, previous - previous_k
    return [(0, 0, i), *found[::-1]]


def _shortened(lines: list[str], is_first: bool, is_last: bool) -> str:
    """Returns unchanged lines as HTML, with an ellipsis in place of the words far from a change.
    Only the first lines of a text have no change before them, only the last ones none after."""
    words = TOKEN.findall("".join(lines))
    before = [] if is_first else words[:CONTEXT_WORDS]
    after = [] if is_last else words[-CONTEXT_WORDS:]
    if len(words) <= len(before) + len(after) + CONTEXT_WORDS:
        return escape("".join(words))
    return format_html("{} … {}", "".join(before), "".join(after))
