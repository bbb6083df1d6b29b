"""Moves a site from SQLite to PostgreSQL: copies every row into the empty database that
DATABASE_URL names, sets its sequences, and compares every row before committing."""

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

from operations.snapshot import Unusable, database, digest, require_unused

BATCH_SIZE = 1000  # rows


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
            require_unused(old)
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
        """Copies all rows in one transaction and compares them. PostgreSQL checks foreign keys when
        the transaction commits. Returns the number of rows."""
        models = [model for model in apps.get_models(include_auto_created=True) if has_rows(model)]
        tables = [connection.ops.quote_name(model._meta.db_table) for model in models]
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {', '.join(tables)}")  # rows that migrations inserted
            for model in models:
                copy(model)
            for statement in connection.ops.sequence_reset_sql(no_style(), models):
                cursor.execute(statement)
        total = 0
        for model in models:
            new, old = digest(values(model, "default")), digest(values(model, "old"))
            if new != old:
                raise CommandError(f"Nothing was moved: rows of {model._meta.label} differ.")
            total += int(new.split()[0])
        return total


def has_rows(model: type[Model]) -> bool:
    return model._meta.managed and not model._meta.proxy


def stored_fields(model: type[Model]) -> list[Any]:
    return [field for field in model._meta.concrete_fields if not field.generated]


def copy(model: type[Model]) -> None:
    """Inserts the old database's rows unchanged, with SQL. Model.save() and bulk_create() would set
    today's dates in auto_now fields, and save() would send signals."""
    fields, quote = stored_fields(model), connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in fields)
    placeholders = ", ".join(["%s"] * len(fields))
    table = quote(model._meta.db_table)
    insert = f"INSERT INTO {table} ({columns}) VALUES ({placeholders})"  # noqa: S608  quoted
    rows = (
        [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
        for row in model._base_manager.using("old").iterator(chunk_size=BATCH_SIZE)
    )
    with connection.cursor() as cursor:
        while batch := list(islice(rows, BATCH_SIZE)):
            cursor.executemany(insert, batch)


def values(model: type[Model], using: str) -> Iterator[tuple[Any, ...]]:
    names = [field.attname for field in stored_fields(model)]
    manager = model._base_manager.using(using)
    for row in manager.values_list(*names).iterator(chunk_size=BATCH_SIZE):
        # Sorts the keys of JSON objects, because PostgreSQL does not keep their order.
        yield tuple(
            json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else value
            for value in row
        )
