"""The one function that finds: search(). What can be found is in publishing/searchable.py."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import NamedTuple

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from publishing.fulltext import END, MOST, START, Marked, Query, Term, engine, fold
from publishing.models import SearchEntry, SearchWord
from publishing.searchable import Kind, clean, kinds

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
        " that the this to was what when where which who why will with you your",
    )
)
PREFIX_FROM = 2  # letters
LIKE = 0.76  # how alike a word must be to stand in for a typing error, by difflib
NEAR = 0.62  # and to be offered when nothing was found
ENOUGH = 100  # of the newest entries of a kind, to see whether one of them is public


@dataclass(frozen=True)
class Found:
    """What search() found: keys of SearchEntry by kind, best first."""

    query: Query  # as it was asked in the end
    keys: dict[str, list[int]]
    best: list[int]  # of all kinds, or of the chosen one; readers' words only when chosen
    instead: str = ""  # the words that were searched for in place of a typing error
    some: bool = False  # nothing holds all of the words; these hold some

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
    words, a word that stands nowhere is taken for a typing error; when that does not help either,
    some of the words will do."""
    query = parse(words)
    keys = _find(query)
    instead, some = "", False
    if not any(keys.values()) and (better := _without_errors(query)) != query:
        query, keys = better, _find(better)
        instead = " ".join(" ".join(term.words) for term in query.terms)
    single = tuple(Term((word,)) for term in query.terms for word in term.words)
    if not any(keys.values()) and len(single) > 1:
        query = replace(query, terms=single[:MOST_TERMS], any_term=True)
        keys, some = _find(query), True
    shown = [kind] if kind else [name for name in kinds if not kinds[name].by_readers]
    best = sorted((rank, key) for name in shown for key, rank in keys[name].items())
    return Found(
        query,
        {name: sorted(ranks, key=ranks.__getitem__) for name, ranks in keys.items()},
        [key for _, key in best],
        instead if best else "",
        some,
    )


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


def near_words(words: str) -> list[str]:
    """Words of the site that look like one of these, and find something."""
    near = [word for asked in _words(parse(words)) for word in _alike(asked, NEAR)]
    return [word for word in dict.fromkeys(near) if _stands_somewhere(word)][:4]


def parse(words: str) -> Query:
    """The words and phrases a reader typed; nothing else of the text is left."""
    terms: dict[bool, list[Term]] = {False: [], True: []}
    for match in TERM.finditer(clean(words[:LONGEST]).translate(QUOTES)):
        parts = tuple(WORD.findall(plain(match["phrase"] or match["word"] or "")))
        if parts:
            whole = match["phrase"] is not None or len(parts[-1]) < PREFIX_FROM
            terms[match["minus"] is not None].append(Term(parts, whole))
    telling = [t for t in terms[False] if len(t.words) > 1 or t.words[0] not in SMALL_WORDS]
    without = [replace(term, whole=True) for term in terms[True]]
    return Query(tuple((telling or terms[False])[:MOST_TERMS]), tuple(without[:MOST_TERMS]))


def plain(text: str) -> str:
    return fold(text).lower()


def _find(query: Query) -> dict[str, dict[int, tuple[int, float]]]:
    """Of each kind, the keys of what is found and public, each with its rank, the lower the
    better: what is called just so comes first."""
    scores: dict[int, float] = {}
    if query.terms:
        for kind in kinds:
            found = engine.find(query, kind)
            if len(found) == MOST:
                found |= engine.find(query, kind, named=True)
            scores |= found
    asked = _name(_words(query))
    keys: dict[str, dict[int, tuple[int, float]]] = {kind: {} for kind in kinds}
    public = SearchEntry.objects.published().filter(pk__in=scores)
    for key, kind, title, names in public.values_list("pk", "kind", "title", "names"):
        score = kinds[kind].weight * scores[key]
        keys[kind][key] = (_distance(asked, title, names), score)
    return keys


def _distance(asked: str, title: str, names: str) -> int:
    """0 for what is called as was asked, 1 for what has it as another name, else 2."""
    title, names = plain(title), ",".join(map(plain, names.split(",")))
    if asked.partition(" ")[0] not in title + names:  # as in most of what is found
        return 2
    if asked == _name(WORD.findall(title)):
        return 0
    return 1 if any(asked == _name(WORD.findall(name)) for name in names.split(",")) else 2


def _name(words: Iterable[str]) -> str:
    """Words as a name to compare: neither "the" nor a plural makes a difference."""
    return " ".join(word.removesuffix("s") for word in words if word not in SMALL_WORDS)


def _words(query: Query) -> list[str]:
    return [word for term in query.terms for word in term.words]


def _without_errors(query: Query) -> Query:
    """The query with words of the site in place of those that stand nowhere in it."""

    def mended(word: str) -> str:
        if _stands_somewhere(word):
            return word
        return next(filter(_stands_somewhere, _alike(word, LIKE)), word)

    terms = [replace(term, words=tuple(map(mended, term.words))) for term in query.terms]
    return replace(query, terms=tuple(terms))


def _stands_somewhere(word: str) -> bool:
    query = Query((Term((word,)),))
    own = [name for name, kind in kinds.items() if not kind.by_readers]
    newest = [key for name in own for key in list(engine.find(query, name))[:ENOUGH]]
    return SearchEntry.objects.published().filter(pk__in=newest).exists()


def _alike(word: str, how_much: float) -> list[str]:
    """Words of the site that resemble this one, most alike first. They begin with its first letter
    or its second, as in "qsuat"."""
    if len(word) < 4 or not word.isalpha():
        return []
    first, second = (SearchWord.objects.filter(word__startswith=letter) for letter in word[:2])
    known = set((first | second).values_list("word", flat=True))
    return get_close_matches(word, sorted(known), n=6, cutoff=how_much)


def _html(marked: str) -> SafeString:
    html = conditional_escape(marked)
    return mark_safe(html.replace(START, "<mark>").replace(END, "</mark>"))
