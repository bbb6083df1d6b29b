"""Health checks for load balancers and monitoring, and recovery of broken database connections."""

import logging
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import Error, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, JsonResponse

from web.decorators import get_only, private

log = logging.getLogger(__name__)


@receiver(connection_created)
def limit_read_only_connection(connection: BaseDatabaseWrapper, **kwargs: object) -> None:
    """Makes Django close a connection to a write-protected SQLite file after the request. Otherwise
    the connection stays read-only after the file is repaired, and refuses the first comment."""
    if connection.vendor != "sqlite":
        return  # where the name may be missing: Django's tests connect to no database first
    file = Path(connection.settings_dict["NAME"])
    if file.exists() and not os.access(file, os.W_OK):
        # Private, the deadline of CONN_MAX_AGE: test_health.py fails when an upgrade changes it.
        connection.close_at = time.monotonic()


def reopen_after_failure(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: closes the database connection after a 503; the next request opens a new one."""

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


def storage_is_writable() -> bool:
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
    """Responds 200, or 503 if the database cannot be read or the disk cannot be written."""
    checks = {"database": database_answers(), "storage": storage_is_writable()}
    statuses = {name: "ok" if passed else "fails" for name, passed in checks.items()}
    return private(JsonResponse(statuses, status=200 if all(checks.values()) else 503))
