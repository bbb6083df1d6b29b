"""The one function that finds: search(). What can be found is in publishing/searchable.py."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import NamedTuple

from django.db.models import Q
from django.db.models.functions import Length
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
        " that the this to versus vs was what when where which who why will with you your",
    )
)
ENDING = re.compile(r"(?:s|es|ed|ing)\Z")
SHORT = 2  # letters of a stem, with which too many words begin
TIMES = re.compile(r"(?<=\d)\s*[x×]\s*(?=\d)", re.IGNORECASE)
AT_A_NUMBER = re.compile(r"(?<=\d)(?=\D)|(?<=\D)(?=\d)")
LONG = 40  # places at which a word is parted
LIKE = 0.76  # how alike a word must be to stand in for a typing error, by difflib
NEAR = 0.62  # and to be offered when nothing was found
ENOUGH = 100  # of the newest entries, to see whether one of them is public

Ranks = dict[str, dict[int, tuple[int, float]]]  # by kind, of each key


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
    some of the words will do. What readers wrote is no reason to think a word right."""
    query = parse(words)
    keys = _find(query)
    instead, some = "", False
    if not _has_own(keys) and (better := _without_errors(query)) != query:
        found = _find(better)
        if _has_own(found) or not any(keys.values()):
            query, keys = better, found
            instead = " ".join(_words(query))
    telling = (word for word in _words(query) if len(word) > 1 and not word.isdecimal())
    single = tuple(_term([word]) for word in telling)[:MOST_TERMS]
    if not _has_own(keys) and (len(single) > 1 or single != query.terms):
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
    """Words by which something of the site is called, and that look like one of these."""
    near = [
        Term((like,), whole=True) for word in _words(parse(words)) for like in _alike(word, NEAR)
    ]
    called = [term for term in dict.fromkeys(near) if _stands(term, named=True)]
    return [term.words[0] for term in called[:4]]


def parse(words: str) -> Query:
    """The words and phrases a reader typed; nothing else of the text is left."""
    terms: dict[bool, list[Term]] = {False: [], True: []}
    text = TIMES.sub("×", clean(words[:LONGEST]).translate(QUOTES))
    for match in TERM.finditer(text):
        written = match["phrase"] or match["word"] or ""
        parts = WORD.findall(plain(written))
        if parts:
            term = _term(parts, whole=match["phrase"] is not None)
            if "×" in written:  # 3 × 10 may stand as 3 x 10 or 3x10
                for sign in ("x", " x "):
                    other = WORD.findall(plain(written.replace("×", sign)))
                    term = replace(term, typed=Term(tuple(other), whole=True, typed=term.typed))
            terms[match["minus"] is not None].append(term)
    telling = [t for t in terms[False] if len(t.words) > 1 or t.words[0] not in SMALL_WORDS]
    without = [replace(term, whole=True) for term in terms[True]]
    return Query(tuple((telling or terms[False])[:MOST_TERMS]), tuple(without[:MOST_TERMS]))


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
        for kind in kinds:
            found = engine.find(query, [kind])
            if len(found) == MOST:
                found |= engine.find(query, [kind], named=True)
            scores |= found
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


def _without_errors(query: Query) -> Query:
    """The query as it was meant, perhaps: with words of the site in place of those that stand
    nowhere in it, two words that it writes as one, and the other way round."""
    terms: list[Term] = []
    for term in query.terms:
        before = terms[-1].words if terms and not terms[-1].typed else ()
        if len(before) == len(term.words) == 1 and (one := _as_one(before + term.words)):
            terms[-1] = one
        elif len(term.words) == 2 and (one := _as_one(term.words)):
            terms.append(one)
        else:
            terms.append(_mended(term))
    return replace(query, terms=tuple(terms))


def _as_one(words: tuple[str, ...]) -> Term | None:
    """ "clam shell" as "clamshell", where only that stands anywhere."""
    one, two = _term(["".join(words)]), Term(words)
    return replace(one, typed=two) if _stands(one) and not _stands(two) else None


def _mended(term: Term) -> Term:
    words: list[str] = []
    for word in term.words:
        words += [word] if _stands(Term((word,))) else _meant(word)
    return (
        term if tuple(words) == term.words else replace(_term(words, whole=term.whole), typed=term)
    )


def _meant(word: str) -> Iterable[str]:
    """What somebody meant who typed a word that stands nowhere: "hipthrust", "deadlfit"."""
    places = {match.start() for match in AT_A_NUMBER.finditer(word)}
    places.update(range(2, len(word) - 1))
    parted = [_term([word[:place], word[place:]]) for place in sorted(places)[:LONG]]
    alike = [Term((like,)) for like in _alike(word, LIKE)]
    # "squat" for "shuat", though "shut" is more like it: a name is what is looked for.
    for terms, named in ((parted, False), (alike, True), (alike, False)):
        if terms and _stands(*terms, named=named):
            return next(term.words for term in terms if _stands(term, named=named))
    return [word]


def _stands(*terms: Term, named: bool = False) -> bool:
    """Whether one of these stands anywhere on the site, or in a name; readers' words apart."""
    query = Query(terms, any_term=True)
    own = [name for name, kind in kinds.items() if not kind.by_readers]
    newest = engine.find(query, own, named=named, most=ENOUGH)
    return SearchEntry.objects.published().filter(pk__in=newest).exists()


def _alike(word: str, how_much: float) -> list[str]:
    """Words of the site that resemble this one, most alike first: those with the same letters, as
    in "hpi", then others, unless they are so short that "bad" would be a "band". Their beginning
    may be swapped, missing or wrong: "qsuat", "quat"."""
    if len(word) < 3 or not word.isalpha():
        return []
    begins = Q(word__startswith=word[0]) | Q(word__startswith=word[1] + word[0])
    begins |= Q(word__startswith=word[1:3])
    begins |= Q(word__endswith=word[1:])
    rows = SearchWord.objects.annotate(length=Length("word"))
    rows = rows.filter(begins, length__gte=len(word) - 3, length__lte=len(word) + 3)
    known = sorted(rows.values_list("word", flat=True))
    near = [w for w in known if len(w) == len(word) and sorted(w) == sorted(word)]
    if len(word) > 3:
        near += get_close_matches(word, [w for w in known if len(w) > 3], 8, how_much)
    return [w for w in dict.fromkeys(near) if w not in SMALL_WORDS and len(_stem(w)) > SHORT]


def _html(marked: str) -> SafeString:
    html = conditional_escape(marked)
    return mark_safe(html.replace(START, "<mark>").replace(END, "</mark>"))
