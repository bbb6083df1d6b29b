"""The one function that finds: search(). What can be found is in search/index.py."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import SequenceMatcher, get_close_matches
from itertools import pairwise
from typing import NamedTuple

from django.db.models import Q
from django.db.models.functions import Length
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from search.dictionary import is_word
from search.engines import END, MOST, START, Marked, Query, Term, engine, fold
from search.index import Kind, clean, kinds
from search.models import SearchEntry, SearchWord

LONGEST = 200  # characters of a question; the rest is not read
MOST_TERMS = 12
TERM = re.compile(r'(?P<minus>(?<!\S)-)?(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+))')
WORD = re.compile(r"[^\W_]+")
QUOTES = str.maketrans("“”„«»", '"""""')
# They stand in every text and say nothing about it; PostgreSQL leaves them out by itself.
SMALL_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be but by can do does for from how i if in is it me my of on or should"
        " its that the this to versus vs was what when where which who why will with you your",
    )
)
# Typed without the apostrophe, on a phone as often as not. Those that are common words of their own
# (ill, well, were) are left as they are.
CONTRACTIONS = {
    contraction.replace("'", ""): tuple(contraction.split("'"))
    for contraction in re.findall(
        r"\S+",
        "ain't aren't can't couldn't didn't doesn't don't hadn't hasn't haven't he's how's i'm"
        " i've isn't it'll mustn't needn't she's shouldn't that's there's they'll they're they've"
        " wasn't we've weren't what's where's who's won't wouldn't you'd you'll you're you've",
    )
}
MINUS = re.compile(r"(?<!\S)-+(?=\S)")
ENDING = re.compile(r"(?:s|es|ed|ing)\Z")
SHORT = 2  # letters of a stem, with which too many words begin
TIMES = re.compile(r"(?<=\d)\s*[x×]\s*(?=\d)", re.IGNORECASE)
AT_A_NUMBER = re.compile(r"(?<=\d)(?=\D)|(?<=\D)(?=\d)")
LONG = 40  # letters of a word, over which it is not compared
MOST_UNKNOWN = 3  # words that are compared with those of the site
LIKE = 0.76  # how alike a word must be to stand in for a typing error, by difflib
SLIPS = 2  # and how many of its letters may be wrong
NEAR = 0.62  # and to be offered when nothing was found
MOST_OFFERED = 3

Ranks = dict[str, dict[int, tuple[int, float]]]  # by kind, of each key


@dataclass(frozen=True)
class Found:
    """What search() found: keys of SearchEntry by kind, best first."""

    query: Query  # as it was asked in the end
    keys: dict[str, list[int]]
    best: list[int]  # of all kinds, or of the chosen one; readers' words only when chosen
    instead: str = ""  # the words that were searched for in place of a typing error
    some: bool = False  # nothing holds all of the words; these hold some
    offered: tuple[str, ...] = ()  # other words that find something, when these find little
    without_minus: str = ""  # what to search for when a minus left nothing

    def by_readers(self) -> list[int]:
        return [key for name, kind in kinds.items() if kind.by_readers for key in self.keys[name]]


class Hit(NamedTuple):
    """A result as a page shows it, with <mark> around what was found."""

    entry: SearchEntry
    kind: Kind
    title: SafeString
    names: SafeString | str  # when it was found by one of them, not by its title
    words: SafeString


def search(words: str, kind: str = "") -> Found:
    """What readers may see that holds these words, best first. With kind, best holds that kind.

    A quoted phrase stands as it is, a word after a minus is in no result. When nothing holds all
    words, one that stands nowhere and that no dictionary has is taken for a typing error; when that
    does not help either, some of the words will do. Other spellings of real words are only offered.
    What readers wrote is no reason to think a word right.

    However much is typed, the database is asked at most some twenty times."""
    query = parse(words)
    keys = _find(query)
    instead, some = "", False
    offers: list[Offer] = []
    if query.terms and not _has_own(keys):
        better, offers = _meant(query)
        if better != query:
            found = _find(better)
            if _has_own(found) or not any(keys.values()):
                query, keys = better, found
                instead = " ".join(_words(query))
        if _has_own(keys):
            offers = []
        elif (single := _telling(query)) != query.terms or len(single) > 1:
            fewer = replace(query, terms=single, any_term=True)
            if _has_own(found := _find(fewer)):
                query, keys, some = fewer, found, True
    shown = [kind] if kind else [name for name in kinds if not kinds[name].by_readers]
    best = sorted((rank, key) for name in shown for key, rank in keys[name].items())
    return Found(
        query,
        {name: sorted(ranks, key=ranks.__getitem__) for name, ranks in keys.items()},
        [key for _, key in best],
        instead if best else "",
        some,
        _offered(offer for offer in offers if offer.like.close or not best),
        _without_minus(words, query) if not any(keys.values()) else "",
    )


def _offered(offers: Iterable[Offer]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(offer.text() for offer in list(offers)[:MOST_OFFERED]))


def _telling(query: Query) -> tuple[Term, ...]:
    """Each word for itself, without those of one letter, numbers and small words."""
    words = (word for term in query.terms if not _is_small(term) for word in term.words)
    telling = [word for word in words if len(word) > 1 and not word.isdecimal()]
    return tuple(_term([word]) for word in telling if word not in SMALL_WORDS)[:MOST_TERMS]


def _without_minus(words: str, query: Query) -> str:
    """What was typed, with each word once and without a minus, when it was the minus that left
    nothing of it."""
    plus = replace(query, without=())
    if not query.without or (query.terms and not any(_find(plus).values())):
        return ""
    return " ".join(dict.fromkeys(MINUS.sub("", clean(words).translate(QUOTES)).split()))


def hits(found: Found, keys: Iterable[int]) -> list[Hit]:
    """These entries as results, in this order."""
    keys = list(keys)
    entries = SearchEntry.objects.in_bulk(keys)
    marked = engine.marked(found.query, keys) if keys else {}
    return [_hit(entries[key], marked[key]) for key in keys if key in marked and key in entries]


def _hit(entry: SearchEntry, marked: Marked) -> Hit:
    by_name = START in marked.names and START not in marked.title
    names = _html(marked.names) if by_name else ""
    return Hit(entry, kinds[entry.kind], _html(marked.title), names, _html(marked.words))


def parse(words: str) -> Query:
    """The words and phrases a reader typed; nothing else of the text is left."""
    terms: dict[bool, list[Term]] = {False: [], True: []}
    text = TIMES.sub("×", clean(words[:LONGEST]).translate(QUOTES))
    for match in TERM.finditer(text):
        written = match["phrase"] or match["word"] or ""
        typed = WORD.findall(plain(written))
        parts = [part for word in typed for part in CONTRACTIONS.get(word, (word,))]
        if parts[1:] == ["s"] and tuple(parts) not in CONTRACTIONS.values():
            parts = parts[:1]  # of "women's"
        if parts:
            term = _term(parts, whole=match["phrase"] is not None)
            if "×" in written:  # 3 × 10 may stand as 3 x 10 or 3x10
                for sign in ("x", " x "):
                    other = WORD.findall(plain(written.replace("×", sign)))
                    term = replace(term, typed=Term(tuple(other), whole=True, typed=term.typed))
            terms[match["minus"] is not None].append(term)
    telling = [term for term in terms[False] if not _is_small(term)]
    without = [replace(term, whole=True) for term in terms[True]]
    return Query(tuple((telling or terms[False])[:MOST_TERMS]), tuple(without[:MOST_TERMS]))


def _is_small(term: Term) -> bool:
    return term.words in CONTRACTIONS.values() or (
        len(term.words) == 1 and term.words[0] in SMALL_WORDS
    )


def plain(text: str) -> str:
    return fold(text).lower()


def _term(words: Iterable[str], *, whole: bool = False) -> Term:
    """As a reader types it. A number does not go on, nor a word whose stem is as short as that of
    "abs" and "using": "ab" begins "about"."""
    words = tuple(words)
    stem = _stem(words[-1])
    short = len(words[-1]) == 1 or (stem != words[-1] and len(stem) <= SHORT)
    return Term(words, whole or short or words[-1].isdecimal())


def _stem(word: str) -> str:
    """About as the database does it."""
    return ENDING.sub("", word)


def _has_own(keys: Ranks) -> bool:
    """Whether something is found that is not of readers."""
    return any(keys[name] for name, kind in kinds.items() if not kind.by_readers)


def _find(query: Query) -> Ranks:
    """Of each kind, the keys of what is found and public, each with its rank, the lower the
    better: what is called just so comes first."""
    scores: dict[int, float] = {}
    if query.terms:
        found = engine.find(query, list(kinds))
        if many := [kind for kind in kinds if len(found[kind]) == MOST]:
            for kind, named in engine.find(query, many, named=True).items():
                found[kind] |= named
        scores = {key: score for of_kind in found.values() for key, score in of_kind.items()}
    asked = _name(_words(query))
    keys: Ranks = {kind: {} for kind in kinds}
    public = SearchEntry.objects.published().filter(pk__in=scores)
    for key, kind, title, names in public.values_list("pk", "kind", "title", "names"):
        score = kinds[kind].weight * scores[key]
        keys[kind][key] = (_distance(asked, title, names), score)
    return keys


def _distance(asked: list[str], title: str, names: str) -> int:
    """0 for what is called as was asked, 1 for what has it as another name, 2 for a title that
    holds all of it, 3 for a title that is half of it or more, else 4; in whatever order."""
    text = plain(f"{title} {names}")
    if not any(part in text for part in asked):  # as in most of what is found
        return 4
    words, *others = (_name(WORD.findall(plain(name))) for name in (title, *names.split(",")))
    if asked == words:
        return 0
    if asked in others:
        return 1
    if all(any(word.startswith(part) for word in words) for part in asked):
        return 2
    return 3 if set(words) <= set(asked) and 2 * len(words) >= len(asked) else 4


def _name(words: Iterable[str]) -> list[str]:
    """Words as a name to compare: neither "the" nor a plural makes a difference."""
    return sorted(word.removesuffix("s") for word in words if word not in SMALL_WORDS)


def _words(query: Query) -> list[str]:
    return [word for term in query.terms for word in term.words]


class Offer(NamedTuple):
    """The query with another word, and this word."""

    query: Query
    like: Like

    def text(self) -> str:
        """The whole of it when it finds something, else the word alone, which does."""
        words = tuple(_words(self.query))
        whole = words == self.like.words or _has_own(_find(self.query))
        return " ".join(words if whole else self.like.words)


def _meant(query: Query) -> tuple[Query, list[Offer]]:
    """The query as it was meant, perhaps: with words of the site in place of those that are none
    and stand nowhere, two words that it writes as one, and the other way round. And what may be
    offered beside it: the same with words of the site that are like a real one."""
    large = [term for term in query.terms if not _is_small(term)]
    words = list(dict.fromkeys(word for term in large for word in term.words))[:MOST_TERMS]
    pairs = _pairs(large)
    both = [term for one in pairs.values() for term in (one, one.typed) if term]
    stands = _standing([*(Term((word,)) for word in words), *both])
    joined = {pair: one for pair, one in pairs.items() if one in stands and one.typed not in stands}
    in_pair = {word for pair in joined for word in pair}
    unknown = [word for word in words if Term((word,)) not in stands and word not in in_pair]
    likes = _likes([word for word in unknown if 3 <= len(word) <= LONG][:MOST_UNKNOWN])
    meant = {
        word: found[0].words
        for word, found in likes.items()
        if found and found[0].close and not _is_real(word)
    }
    offers = [
        Offer(_replaced(query, joined, meant | {word: like.words}), like)
        for word, found in likes.items()
        for like in found
        if word not in meant
    ]
    return _replaced(query, joined, meant), offers


def _pairs(terms: list[Term]) -> dict[tuple[str, ...], Term]:
    """Words that stand side by side or around a hyphen, each pair with the one word it may be."""
    pairs = [term.words for term in terms if len(term.words) == 2]
    for one, two in pairwise(terms):
        if len(one.words) == len(two.words) == 1:
            pairs.append(one.words + two.words)
    return {pair: _as_one(pair) for pair in pairs[:MOST_TERMS] if min(map(len, pair)) > 1}


def _is_real(word: str) -> bool:
    """Whether a dictionary has it, or it without an s: "mens" is no typing error of "means"."""
    return is_word(word) or is_word(word.removesuffix("s"))


def _as_one(words: tuple[str, ...]) -> Term:
    """ "clam shell" as "clamshell"."""
    return replace(_term(["".join(words)]), typed=Term(words))


def _replaced(
    query: Query,
    joined: dict[tuple[str, ...], Term],
    meant: dict[str, tuple[str, ...]],
) -> Query:
    terms: list[Term] = []
    for term in query.terms:
        before = terms[-1].words if terms and not terms[-1].typed else ()
        words = tuple(part for word in term.words for part in meant.get(word, (word,)))
        if one := joined.get(before + term.words if len(before) == 1 else ()):
            terms[-1] = one
        elif one := joined.get(term.words):
            terms.append(one)
        elif words != term.words:
            terms.append(replace(_term(words, whole=term.whole), typed=term))
        else:
            terms.append(term)
    return replace(query, terms=tuple(terms))


class Like(NamedTuple):
    """What somebody may have meant by a word."""

    words: tuple[str, ...]
    close: bool


def _likes(unknown: list[str]) -> dict[str, list[Like]]:
    """For words that stand nowhere, what stands somewhere and is like them, likeliest first:
    "hip thrust" for "hipthrust", then "squat" for "shuat", though "shut" is more like it: a name is
    what is looked for."""
    parted = {word: [] if _is_real(word) else _parted(word) for word in unknown}
    alike = {word: _alike(word) for word in unknown}
    terms = [Term(like.words) for likes in alike.values() for like in likes]
    ends = [_term(words) for ways in parted.values() for words in ways]
    anywhere, named = _standing([*terms, *ends]), _standing(terms, named=True)
    found = {}
    for word in unknown:
        ways = [Like(words, True) for words in parted[word] if _term(words) in anywhere]
        called = [like for like in alike[word] if Term(like.words) in named]
        told = [like for like in alike[word] if Term(like.words) in anywhere]
        ranked = [*ways[:1], *(like for like in [*called, *told] if like.close), *called]
        found[word] = list(dict.fromkeys(ranked))[:MOST_OFFERED]
    return found


def _parted(word: str) -> list[tuple[str, ...]]:
    """The word as two words, or parted at a number: "workot" is no "work" and "ot"."""
    at_numbers = {match.start() for match in AT_A_NUMBER.finditer(word)}
    ways = [(word[:place], word[place:]) for place in range(1, len(word))]
    return [
        way
        for place, way in enumerate(ways, 1)
        if place in at_numbers or (1 < place < len(word) - 1 and all(map(_is_real, way)))
    ]


def _standing(terms: Iterable[Term], *, named: bool = False) -> set[Term]:
    """Those of the terms that stand anywhere on the site, or in a name; readers' words apart."""
    terms = list(dict.fromkeys(terms))
    if not terms:
        return set()
    own = [name for name, kind in kinds.items() if not kind.by_readers]
    newest = engine.newest(terms, own, named=named)
    entries = SearchEntry.objects.published().filter(pk__in={key for _, key in newest})
    public = set(entries.values_list("pk", flat=True))
    return {terms[place] for place, key in newest if key in public}


def _alike(word: str) -> list[Like]:
    """Words of the site that resemble this one, most alike first: those with the same letters, as
    in "hpi", then others, unless they are so short that "bad" would be a "band". Their beginning
    may be swapped, missing or wrong: "qsuat", "quat"."""
    if not word.isalpha():
        return []
    begins = Q(word__startswith=word[0]) | Q(word__startswith=word[1] + word[0])
    begins |= Q(word__startswith=word[1:3])
    begins |= Q(word__endswith=word[1:])
    rows = SearchWord.objects.annotate(length=Length("word"))
    rows = rows.filter(begins, length__gte=len(word) - 3, length__lte=len(word) + 3)
    known = sorted(rows.values_list("word", flat=True))
    same = [w for w in known if len(w) == len(word) and sorted(w) == sorted(word)]
    longer = [w for w in known if len(w) > 3] if len(word) > 3 else []
    likes: dict[str, Like] = {}
    for like in [*same, *get_close_matches(word, longer, 8, NEAR)]:
        stem = _stem(like)
        if like not in SMALL_WORDS and len(stem) > SHORT:
            likes.setdefault(stem, Like((like,), like in same or _is_close(word, like)))
    return list(likes.values())


def _is_close(word: str, other: str) -> bool:
    """Whether a slip or two make one of the other: a letter that is missing, added or wrong, or two
    that changed places."""
    if SequenceMatcher(None, other, word).ratio() < LIKE:
        return False
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(word):
        two_before, before, row = before, row, [i + 1]
        for j, wanted in enumerate(other):
            slips = min(before[j] + (letter != wanted), before[j + 1] + 1, row[j] + 1)
            if i and j and (letter, word[i - 1]) == (other[j - 1], wanted):
                slips = min(slips, two_before[j - 1] + 1)
            row.append(slips)
    return row[-1] <= SLIPS


def _html(marked: str) -> SafeString:
    html = conditional_escape(marked)
    return mark_safe(html.replace(START, "<mark>").replace(END, "</mark>"))
