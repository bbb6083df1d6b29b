"""Thousands of malformed requests, generated from a new seed each time."""

import secrets

import pytest

from tests.support.fuzzing import fuzz
from tests.support.site import RunningSite

pytestmark = pytest.mark.faults


@pytest.mark.parametrize(("who", "number"), [("reader", 1000), ("trainer", 1000)])
def test_thousands_of_requests_are_answered(site: RunningSite, who: str, number: int) -> None:
    seed = secrets.token_hex(4)
    for wave in range(2):
        fuzz(site, who, f"{seed}-{wave}", number)
