"""Texts written for the tests: readers' comments, with typing errors, and spam."""

from pathlib import Path

DATA = Path(__file__).parents[1] / "data"


def lines_of(name: str) -> list[str]:
    """The texts of a file in tests/data, one per line."""
    return [text for texts in by_topic(name).values() for text in texts]


def by_topic(name: str) -> dict[str, list[str]]:
    """The texts of a file by the heading ("# casino") above them, or ""."""
    topics: dict[str, list[str]] = {}
    topic = ""
    for line in (DATA / f"{name}.txt").read_text("utf-8").splitlines():
        if line.startswith("# "):
            topic = line.removeprefix("# ")
        elif line.strip():
            topics.setdefault(topic, []).append(line.strip())
    return topics


def readers() -> list[str]:
    return [text for name in ("readers", "readers_unseen", "slips") for text in lines_of(name)]
