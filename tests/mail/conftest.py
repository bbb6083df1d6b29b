from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.support.mailbox import Mailbox


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    """A mail server that this process sends to."""
    with Mailbox() as mailbox:
        mailbox.use(settings)
        yield mailbox


@pytest.fixture
def elsie(trainer: Client) -> Client:
    """The trainer, signed in, with an email address."""
    User.objects.update(email="elsie@example.org")
    return trainer
