"""DATABASE_URL becomes Django's database settings."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.settings import postgresql


def test_a_url_is_decoded() -> None:
    found = postgresql("postgresql://u%40x:p%2Fw%3A@[::1]:5433/my%20site?sslmode=require")
    names = ("USER", "PASSWORD", "HOST", "PORT", "NAME", "OPTIONS")
    expected = ["u@x", "p/w:", "::1", 5433, "my site", {"sslmode": "require"}]
    assert [found[name] for name in names] == expected


def test_options_of_libpq_stay_strings() -> None:
    """operations/snapshot.py passes strings to pg_dump and drops everything else."""
    found = postgresql("postgres:///site?host=/run/postgresql&connect_timeout=5")
    assert found["OPTIONS"] == {"host": "/run/postgresql", "connect_timeout": "5"}


@pytest.mark.parametrize("url", ["mysql://a/b", "postgresql://host", "postgresql://host/", "site"])
def test_a_url_of_another_kind_is_rejected_with_an_example(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="is like postgresql://user:password@host/name"):
        postgresql(url)
