"""Moves a site from SQLite to PostgreSQL: copies every row to the empty database that DATABASE_URL
names, sets its counters, and compares every row before it is kept."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.core.management.color import no_style
from django.db import Error, connection, connections, transaction
from django.db.models import Model

from operations.snapshot import Unusable, database, digest, lock_out

BATCH = 1000  # rows


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError("Set DATABASE_URL to the new database (docs/growth.md).")
        old = Path(str(settings.SQLITE["NAME"]))
        if not old.is_file():
            raise CommandError(f"There is no {old} to move.")
        if database.has_content():
            raise CommandError("The new database has tables already. Name an empty one.")
        try:
            lock_out(old)
        except Unusable as error:
            raise CommandError(str(error)) from error
        connections.settings["old"] = {**connection.settings_dict, **settings.SQLITE}
        call_command("migrate", database="old", verbosity=0)
        call_command("migrate", verbosity=0)
        try:
            rows = self.move()
        except Error as error:
            raise CommandError(f"Nothing was moved: {error}") from error
        self.stdout.write(f"Moved and compared: {rows} rows. Keep the old file until you are sure.")

    @transaction.atomic
    def move(self) -> int:
        """Copy all in one transaction, in which references may lead ahead. Returns the rows."""
        models = [model for model in apps.get_models(include_auto_created=True) if moved(model)]
        tables = [connection.ops.quote_name(model._meta.db_table) for model in models]
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {', '.join(tables)}")  # what the migrations put there
            for model in models:
                copy(model)
            for statement in connection.ops.sequence_reset_sql(no_style(), models):
                cursor.execute(statement)
        total = 0
        for model in models:
            here, there = digest(values(model, "default")), digest(values(model, "old"))
            if here != there:
                raise CommandError(f"Nothing was moved: rows of {model._meta.label} differ.")
            total += int(here.split()[0])
        return total


def moved(model: type[Model]) -> bool:
    return model._meta.managed and not model._meta.proxy


def fields(model: type[Model]) -> list[Any]:
    return [field for field in model._meta.concrete_fields if not field.generated]


def copy(model: type[Model]) -> None:
    """As they are: no save(), no signal, no date of today."""
    rows = model._base_manager.using("old").iterator(chunk_size=BATCH)
    new = model._base_manager.using("default").all()
    while batch := list(islice(rows, BATCH)):
        new._insert(batch, fields=fields(model), using="default", raw=True)  # type: ignore[attr-defined]


def values(model: type[Model], using: str) -> Iterator[tuple[Any, ...]]:
    names = [field.attname for field in fields(model)]
    for row in model._base_manager.using(using).values_list(*names).iterator(chunk_size=BATCH):
        # PostgreSQL keeps the keys of an object in an order of its own.
        yield tuple(
            json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else value
            for value in row
        )
