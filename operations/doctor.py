"""Finds what is wrong with an installation, and says in plain words how to fix it."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.mail import get_connection
from django.db import Error, connection
from django.db.models import QuerySet
from django.utils import timezone

from mail.models import Letter
from operations import backup, health, jobs

MIN_FREE = 500 * settings.MEGABYTE
CLOCK_TOLERANCE = timedelta(minutes=5)
UNSENT_AFTER = timedelta(minutes=20)


def problems() -> Iterator[str]:
    """Yields a sentence for each problem, with its remedy. The admin's front page shows some."""
    yield from _check_secret()
    yield from _check_address()
    yield from _check_mail()
    yield from _check_storage()
    yield from _check_bucket()
    yield from _check_database()
    yield from _check_clock()
    yield from jobs.failures()
    if problem := backup.problem():
        yield (
            f"{problem} “make backup” makes one; “manage.py daily” does every day: check that its"
            " timer runs (docs/deploy.md)."
        )
    yield from _check_sender()


def unsent_emails(emails: QuerySet[Letter]) -> str:
    """A sentence that says how many of these emails wait; empty if there are none."""
    count = emails.count()
    waiting = "One email waits" if count == 1 else f"{count} emails wait"
    return f"Emails do not leave: {waiting}." if count else ""


def _check_secret() -> Iterator[str]:
    if len(settings.SECRET_KEY) < 50 or len(set(settings.SECRET_KEY)) < 5:
        yield "The secret is short. Use 50 random characters; “make site” writes such a file."
    for what, name in (("secret", "secret-key"), ("database", "site.sqlite3")):
        file = settings.DATA_DIR / name
        if file.is_file() and file.stat().st_mode & 0o077:
            yield f"Others on this machine can read the {what}. Run: chmod 600 {file}*"


def _check_address() -> Iterator[str]:
    if "127.0.0.1" in settings.ALLOWED_HOSTS:
        yield (
            f"Readers cannot come: the site's address is {settings.SITE_URL}, which only works on"
            " this machine. Set SITE_URL to the address readers type, like https://example.com."
        )
    elif settings.SITE_URL.startswith("http:"):
        yield "Readers come without https. Begin SITE_URL with https:// (docs/deploy.md)."
    if settings.DEBUG:
        yield "DEBUG is on, which shows the code to everybody when something breaks. Unset it."
    if any(network.endswith("/0") for network in settings.TRUSTED_PROXIES):
        yield (
            "TRUSTED_PROXIES includes the whole internet, so anyone can pretend to be anyone. List"
            " only the web server in front; if it is on this machine, leave the setting out."
        )


def _check_mail() -> Iterator[str]:
    if not settings.EMAIL_HOST:
        yield "No emails are sent: there is no mail server. Set EMAIL_HOST and what it requires."
        return
    mail = get_connection()
    try:
        mail.open()
        mail.close()
    except OSError as error:
        yield (
            f"The mail server {settings.EMAIL_HOST}:{settings.EMAIL_PORT} does not accept emails"
            f" ({type(error).__name__}: {error}). They wait. Check EMAIL_USER and EMAIL_PASSWORD."
        )
    if not settings.ADMINS:
        yield "Nobody is told when something breaks. Set ADMINS to your email address."


def _check_storage() -> Iterator[str]:
    folders = [settings.DATA_DIR, *(settings.DATA_DIR / name for name in backup.FOLDERS)]
    for folder in filter(Path.exists, folders):
        if not os.access(folder, os.W_OK | os.X_OK):
            yield f"This account may not write to {folder}. Give it the folder: chown -R … {folder}"
    if not health.storage_is_writable():
        yield f"Nothing can be written to {settings.DATA_DIR}. Is the disk full, or read-only?"
    free = shutil.disk_usage(settings.DATA_DIR).free
    if free < MIN_FREE:
        yield f"Only {free // settings.MEGABYTE} MB are free, too few for a backup: free some."
    if not (settings.STATIC_ROOT / "staticfiles.json").is_file():
        yield "The stylesheet and scripts are missing. Run “make site”."


def _check_bucket() -> Iterator[str]:
    if not settings.MEDIA_BUCKET:
        return
    for alias in ("pictures", "originals"):
        storage: Any = storages[alias]
        try:
            storage.delete(storage.save("doctor", ContentFile(b"written by make doctor")))
            storage.list_prefix("doctor")
        except OSError as error:
            yield (
                f"Pictures cannot be stored in {settings.MEDIA_BUCKET}/{storage.location}. {error}"
                " Check MEDIA_BUCKET, MEDIA_ENDPOINT and its keys (docs/growth.md)."
            )
            return


def _check_database() -> Iterator[str]:
    try:
        outdated = backup.has_unapplied_migrations()
    except Error as error:
        yield f"The database does not answer ({type(error).__name__}). Is its server running?"
        return
    if outdated:
        yield "The database is of an older version than the code. Run “make site” and restart."
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA quick_check")
            if cursor.fetchone() != ("ok",):
                yield "The database is damaged. Stop the site and restore the last backup."


def _check_clock() -> Iterator[str]:
    backups = backup.list_backups()
    if backups and backup.created_at(backups[-1]) - datetime.now(UTC) > CLOCK_TOLERANCE:
        yield "The last backup is from the future: the clock of this machine was or is wrong."
    if settings.TIME_ZONE == "UTC":
        yield "The time zone is UTC. Set TIME_ZONE to that of the readers, like America/New_York."


def _check_sender() -> Iterator[str]:
    due = Letter.objects.filter(next_try_at__lt=timezone.now() - UNSENT_AFTER)
    try:
        sentence = settings.EMAIL_HOST and unsent_emails(due.filter(sent_at=None, tries=0))
    except Error:
        return  # _check_database() has reported this error
    if sentence:
        yield (
            f"{sentence} Nobody has tried to send them: start “manage.py clock” as a service, or"
            " the two timers (docs/deploy.md)."
        )
