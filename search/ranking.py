"""Runs a query and ranks the public entries that match it."""

from collections.abc import Iterable

from search.engines import MAX_PER_KIND, engine
from search.index import kinds
from search.models import SearchEntry
from search.terms import STOP_WORDS, WORD, Query
from search.text import fold_case

# By kind and entry id: a tuple of _name_distance() and the score. The lowest tuple is the best.
Ranks = dict[str, dict[int, tuple[int, float]]]


def find(query: Query) -> Ranks:
    """Returns the ranks of the public entries that match: first by name, then by score."""
    scores = _scores(query) if query.terms else {}
    name = _comparable(query.words)
    ranks: Ranks = {kind: {} for kind in kinds}
    public = SearchEntry.objects.published().filter(pk__in=scores)
    for key, kind, title, names in public.values_list("pk", "kind", "title", "names"):
        score = kinds[kind].weight * scores[key]
        ranks[kind][key] = (_name_distance(name, title, names), score)
    return ranks


def has_own_content(ranks: Ranks) -> bool:
    """True if an entry was found that was not written by readers."""
    return any(ranks[name] for name, kind in kinds.items() if not kind.by_readers)


def _scores(query: Query) -> dict[int, float]:
    """Returns the scores of matches by id. Old entries with a matching name are not cut off."""
    found = engine.find(query, list(kinds))
    if cut_off := [kind for kind in kinds if len(found[kind]) == MAX_PER_KIND]:
        for kind, named in engine.find(query, cut_off, names_only=True).items():
            found[kind] |= named
    return {key: score for of_kind in found.values() for key, score in of_kind.items()}


def _name_distance(name: list[str], title: str, names: str) -> int:
    """Returns how far a query is from an entry's name, in any word order: 0 if it is the title, 1
    if it is another name, 2 if the title contains it, 3 if it contains the title and has at most
    twice as many words, else 4."""
    text = fold_case(f"{title} {names}")
    if not any(word in text for word in name):  # a shortcut for most entries
        return 4
    words, *others = (_comparable(WORD.findall(fold_case(n))) for n in (title, *names.split(",")))
    if name == words:
        return 0
    if name in others:
        return 1
    if all(any(word.startswith(prefix) for word in words) for prefix in name):
        return 2
    return 3 if set(words) <= set(name) and 2 * len(words) >= len(name) else 4


def _comparable(words: Iterable[str]) -> list[str]:
    """Returns the words sorted, without stop words and without a final s."""
    return sorted(word.removesuffix("s") for word in words if word not in STOP_WORDS)
