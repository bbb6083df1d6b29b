"""Locks for migrations of a site that goes on serving."""

from collections.abc import Callable
from typing import Any

from django.db import OperationalError, transaction

# Less than the second after which PostgreSQL looks for deadlocks, and ends one of the transactions.
WAIT = "500ms"


def lock_tables(*tables: str) -> Callable[[Any, Any], None]:
    """Returns a function for RunPython, first in a migration that changes several tables, which
    locks them all. On PostgreSQL, each change would lock its table when its turn comes, and the
    migration would end in a deadlock with a save that uses the same tables in another order.
    SQLite locks the whole database anyway."""

    def lock(apps: Any, schema_editor: Any) -> None:
        connection = schema_editor.connection
        while connection.vendor == "postgresql":
            try:
                with transaction.atomic(connection.alias), connection.cursor() as cursor:
                    cursor.execute(f"SET LOCAL lock_timeout = '{WAIT}'")
                    cursor.execute(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")
                    cursor.execute("SET LOCAL lock_timeout = 0")
                return
            except OperationalError as error:
                if getattr(error.__cause__, "sqlstate", "") != "55P03":  # lock_not_available
                    raise

    return lock
