"""The clock command retries daily jobs that failed in an hour."""

from time import monotonic
from typing import Any

import pytest
from django.db import connection

from operations.management.commands import clock


@pytest.mark.django_db(transaction=True)
def test_a_failed_daily_run_is_retried_in_an_hour(caplog: Any) -> None:
    command = clock.Command()
    for names, hours, fails in (
        (("comments_report", "lost"), 1, True),
        (("lost", "comments_report"), 24, False),
    ):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE {} RENAME TO {}".format(*names))
        command.next_daily_run = 0
        caplog.clear()
        command.run_due()
        assert command.next_daily_run == pytest.approx(monotonic() + hours * 3600, abs=60)
        assert ("“forget who reported comments” failed" in caplog.text) is fails
