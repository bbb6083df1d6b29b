"""Whether the site can answer and keep: for balancers and watchers, and in words for its owner."""

import logging
import os
import tempfile
import time
from collections.abc import Callable

from django.conf import settings
from django.db import Error, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, JsonResponse

from web.decorators import get_only, private

log = logging.getLogger(__name__)


@receiver(connection_created)
def close_read_only_early(connection: BaseDatabaseWrapper, **kwargs: object) -> None:
    """SQLite opens a file that cannot be written as read-only and then keeps it so. Such a
    connection ends with its request, or the first comment after a repair would be refused.

    `close_at` is Django's own name and not documented; tests/faults/test_disk.py fails without it.
    """
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite" and os.path.exists(name) and not os.access(name, os.W_OK):
        connection.close_at = time.monotonic()


def reopen_after_failure(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: after a 503 the next request of this thread opens the database again."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == 503 and not connection.in_atomic_block:
            connection.close()
        return response

    return middleware


def database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM django_migrations")
    except Error:
        log.exception("The database does not answer")
        return False
    return True


def storage_writes() -> bool:
    try:
        with tempfile.TemporaryFile(dir=settings.DATA_DIR) as file:
            file.write(b"x" * 4096)
            file.flush()
    except OSError:
        log.exception("The disk cannot be written")
        return False
    return True


@get_only
def healthz(request: HttpRequest) -> HttpResponse:
    """200, or 503 when the database cannot be read or the disk not be written; no more is told."""
    works = {"database": database_answers(), "storage": storage_writes()}
    told = {name: "ok" if right else "fails" for name, right in works.items()}
    return private(JsonResponse(told, status=200 if all(works.values()) else 503))
