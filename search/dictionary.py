"""A dictionary, so that search does not take real words for typing errors: the American and British
English words of SCOWL (search/words/) and a few hundred words of fitness and Spanish."""

import gzip
from functools import cache
from itertools import groupby

from search.terms import WORDS


def is_word(word: str) -> bool:
    """True if the dictionary contains the word, which must be lowercase and have no accents."""
    return f" {word} " in _by_prefix().get(word[:2], "")


@cache
def _by_prefix() -> dict[str, str]:
    """Maps each pair of first letters to one string of all words that begin with it. This takes a
    tenth of the memory of a set of 76,000 strings, and a lookup takes a few microseconds."""
    english = gzip.decompress((WORDS / "english.txt.gz").read_bytes()).decode().split()
    lines = (WORDS / "more.txt").read_text().splitlines()
    more = [word for line in lines if not line.startswith("#") for word in line.split()]
    by_prefix = groupby(sorted({*english, *more}), lambda word: word[:2])
    return {prefix: f" {' '.join(words)} " for prefix, words in by_prefix}
