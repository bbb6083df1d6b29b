"""What is wrong with an installation, and how to mend it, in plain words."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.mail import get_connection
from django.db import Error, connection

from operations import backup, chores, health

ROOM = 500 * settings.MEGABYTE
AHEAD = 300  # seconds


def findings() -> Iterator[str]:
    yield from _secret()
    yield from _address()
    yield from _mail()
    yield from _storage()
    yield from _bucket()
    yield from _database()
    yield from _clock()
    yield from chores.failures()
    if trouble := backup.trouble():
        yield (
            f"{trouble} “make backup” makes one; “manage.py daily” does every day: see that its"
            " timer runs (docs/deploy.md)."
        )


def _secret() -> Iterator[str]:
    if len(settings.SECRET_KEY) < 50 or len(set(settings.SECRET_KEY)) < 5:
        yield "The secret is short. Use 50 random characters; “make site” writes such a file."
    for what, name in (("secret", "secret-key"), ("database", "site.sqlite3")):
        file = settings.DATA_DIR / name
        if file.is_file() and file.stat().st_mode & 0o077:
            yield f"Others on this machine can read the {what}. Say: chmod 600 {file}*"


def _address() -> Iterator[str]:
    loopback = "127.0.0.1" in settings.ALLOWED_HOSTS
    if loopback:
        yield (
            f"Readers cannot come: the address of the site is {settings.SITE_URL}, which only this"
            " machine knows. Set SITE_URL to the address readers type, like https://example.com."
        )
    elif settings.SITE_URL.startswith("http:"):
        yield "Readers come without https. Begin SITE_URL with https:// (docs/deploy.md)."
    if settings.DEBUG:
        yield "DEBUG is on, which shows the code to everybody when something breaks. Unset it."
    if any(network.endswith("/0") for network in settings.TRUSTED_PROXIES):
        yield (
            "TRUSTED_PROXIES names the whole internet, so anyone may pretend to be anyone. Name"
            " only the web server in front; on the same machine leave it out."
        )


def _mail() -> Iterator[str]:
    if not settings.EMAIL_HOST:
        yield "No letters go out: no mail server is named. Set EMAIL_HOST, and what it asks for."
        return
    mail = get_connection()
    try:
        mail.open()
        mail.close()
    except OSError as error:
        yield (
            f"The mail server {settings.EMAIL_HOST}:{settings.EMAIL_PORT} does not take letters"
            f" ({type(error).__name__}: {error}). Letters wait. See EMAIL_USER and EMAIL_PASSWORD."
        )
    if not settings.ADMINS:
        yield "Nobody is told when something breaks. Set ADMINS to your email address."


def _storage() -> Iterator[str]:
    folders = [settings.DATA_DIR, *(settings.DATA_DIR / name for name in backup.FOLDERS)]
    for folder in filter(Path.exists, folders):
        if not os.access(folder, os.W_OK | os.X_OK):
            yield f"This account may not write to {folder}. Give it the folder: chown -R … {folder}"
    if not health.storage_writes():
        yield f"Nothing can be written to {settings.DATA_DIR}. Is the disk full, or read-only?"
    free = shutil.disk_usage(settings.DATA_DIR).free
    if free < ROOM:
        yield f"Only {free // settings.MEGABYTE} MB are free. A backup may not fit: make room."
    if not (settings.STATIC_ROOT / "staticfiles.json").is_file():
        yield "The stylesheet and scripts are missing. Run “make site”."


def _bucket() -> Iterator[str]:
    if not settings.MEDIA_BUCKET:
        return
    for where in ("pictures", "originals"):
        storage: Any = storages[where]
        try:
            storage.delete(storage.save("doctor", ContentFile(b"written by make doctor")))
            storage.list_prefix("doctor")
        except OSError as error:
            yield (
                f"Pictures cannot be kept in {settings.MEDIA_BUCKET}/{storage.location}. {error}"
                " See MEDIA_BUCKET, MEDIA_ENDPOINT and its keys (docs/growth.md)."
            )
            return


def _database() -> Iterator[str]:
    try:
        behind = backup.is_behind()
    except Error as error:
        yield f"The database does not answer ({type(error).__name__}). Does its server run?"
        return
    if behind:
        yield "The database is of an older version than the code. Run “make site” and start anew."
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA quick_check")
            if cursor.fetchone() != ("ok",):
                yield "The database is damaged. Stop the site and restore the last backup."


def _clock() -> Iterator[str]:
    made = backup.kept()
    if made and (backup.made_at(made[-1]) - datetime.now(UTC)).total_seconds() > AHEAD:
        yield "The last backup is from the future: the clock of this machine was or is wrong."
    if settings.TIME_ZONE == "UTC":
        yield "The time zone is UTC. Set TIME_ZONE to that of the readers, like America/New_York."
