"""The standing safety sentences, and what a reader asks a doctor about first. Texts that repeat a
sentence, such as the health notice, do so word for word: tests/exercises/test_safety.py."""

from collections.abc import Iterable

from exercises.models.approval import Approved

STOP_AT = (
    "Stop at sharp pain, pain or numbness down a leg, dizziness, chest pain or unusual"
    " breathlessness."
)
CALL_911 = "Chest pain or fainting: call 911."
# The warning signs of a heart attack, as the American Heart Association lists them.
WARNING_SIGNS = (
    "Call 911 at once for chest pain or pressure that lasts more than a few minutes, or goes away"
    " and comes back, or comes with breathlessness, cold sweat, nausea, or pain in an arm, the"
    " back, the neck or the jaw, and for fainting."
)
# Stands on paper where an exercise has no list of its own.
ASK_IN_GENERAL = (
    "Pain, an injury or operation, pregnancy, heart trouble or high blood pressure: ask a doctor"
    " first."
)


def items(text: str) -> list[str]:
    """The lines of a list, trimmed, without a final period, each once in any case of letters."""
    lines = (line.strip().rstrip(". ") for line in text.splitlines())
    unique: dict[str, str] = {}
    for line in filter(None, lines):
        unique.setdefault(line.casefold(), line)
    return list(unique.values())


def ask_first(rows: Iterable[Approved]) -> list[str]:
    """What to ask a doctor about before any of these exercises and variations, each item once."""
    return items("\n".join(row.ask_first for row in rows))
