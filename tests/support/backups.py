"""Reads the files and rows of a data folder, to compare sites before and after a restore."""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from operations import backup


def table_rows(folder: Path) -> dict[str, list[Any]]:
    """Every row of every table."""
    with closing(sqlite3.connect(folder / "site.sqlite3")) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {n: sorted(database.execute(f'SELECT * FROM "{n}"'), key=repr) for (n,) in names}


def picture_files(folder: Path) -> dict[str, bytes]:
    """The content of every picture file by its path in the folder."""
    found = [p for kind in ("media", "originals") for p in (folder / kind).iterdir()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def all_files(folder: Path) -> dict[str, bytes]:
    """The content of every file below a folder except locks, to show that nothing changed."""
    found = [path for path in folder.rglob("*") if path.is_file() and path.name != ".lock"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def backup_name(moment: datetime) -> Path:
    return Path(moment.strftime(backup.NAME_FORMAT))
