"""Whether the site can answer and keep: for balancers and watchers, and in words for its owner."""

import logging
import tempfile
import time
from collections.abc import Callable

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from publishing.reading import get_only

log = logging.getLogger(__name__)


def opened_anew(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """After a 503 the next request opens the database anew: a file of SQLite that was opened on a
    read-only disk would stay so."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == 503:
            connection.close_at = time.monotonic()  # Django closes it when the request is over
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


@never_cache
@get_only
def healthz(request: HttpRequest) -> HttpResponse:
    """200, or 503 when the database cannot be read or the disk not be written; no more is told."""
    works = {"database": database_answers(), "storage": storage_writes()}
    told = {name: "ok" if right else "fails" for name, right in works.items()}
    return JsonResponse(told, status=200 if all(works.values()) else 503)
