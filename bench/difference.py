"""Measures the word-level difference of two long texts: python bench/difference.py

Each pair of texts has 3,300 words, then 33,000, on one line. Linear time means a ratio of ten,
quadratic time one of a hundred.
"""

import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("SECRET_KEY", "only for measuring, where nothing is worth guarding 012345")

from desk.difference import word_diff

SIZES = (3_300, 33_000)
TIMES = 5


def prose(count: int, seed: int) -> list[str]:
    """Made-up words with the frequencies of words in prose (Zipf's law)."""
    often = [1 / (n + 1) for n in range(4_000)]
    return random.Random(seed).choices([f"word{n}" for n in range(4_000)], often, k=count)


def every_seventh(count: int) -> tuple[list[str], list[str]]:
    words = prose(count, 1)
    return words, [f"new{n}" if n % 7 == 0 else word for n, word in enumerate(words)]


PAIRS: dict[str, Callable[[int], tuple[list[str], list[str]]]] = {
    "each seventh word changed": every_seventh,
    "another text": lambda count: (prose(count, 1), prose(count, 2)),
    "all different": lambda count: (prose(count, 1), [f"other{n}" for n in range(count)]),
    "two words in turn": lambda count: (["a", "b"] * (count // 2), ["b", "a", "a"] * (count // 3)),
    "moved to the end": lambda count: (["zebra", *prose(count, 1)], [*prose(count, 1), "zebra"]),
}


def fastest(pair: tuple[list[str], list[str]]) -> float:
    old, new = (" ".join(words) for words in pair)
    took = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        word_diff(old, new)
        took.append(time.perf_counter() - begun)
    return min(took)


def main() -> None:
    small, large = SIZES
    print(f"{'':28}{small:>8,} words{large:>8,} words   ratio")
    for name, pair in PAIRS.items():
        a, b = fastest(pair(small)), fastest(pair(large))
        print(f"{name:28}{a * 1000:11.0f} ms{b * 1000:11.0f} ms{b / a:8.1f}")


if __name__ == "__main__":
    main()
