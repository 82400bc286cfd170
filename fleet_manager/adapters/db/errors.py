"""The one place where errors of SQLAlchemy, SQLite, psycopg and the disk become ours.

Texts say what happened and what to do, without SQL and without values: a journal holds names.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from fleet_manager.application.ports import StoreFailed, StoreUnavailable
from fleet_manager.domain.errors import FleetError

#: Everything a database library may raise. UnicodeError: text that cannot be stored at all.
LIBRARY_ERRORS: Final = (SQLAlchemyError, sqlite3.Error, OSError, UnicodeError)

#: What the libraries say (in small letters) and what a person reads instead.
_PLAIN: Final = (
    ('database is locked', 'another program keeps the database locked: end it and start again'),
    ('not a database', 'the file is damaged or no database: restore a backup'),
    ('malformed', 'the file is damaged: run `fleet journal verify`, restore a backup'),
    ('disk is full', 'the disk is full: make room and start again'),
    ('no space left', 'the disk is full: make room and start again'),
    ('disk i/o error', 'the disk reports an error: check it before starting again'),
    ('unable to open', 'the file cannot be opened: check that the folder exists and its rights'),
    ('readonly database', 'the file or its folder may not be written: check its rights'),
)


def plain(error: BaseException) -> str:
    """Say in one line what a library's error means."""
    original = error.orig if isinstance(error, DBAPIError) and error.orig else error
    first = (str(original).strip().splitlines() or [''])[0]
    found = next((text for sign, text in _PLAIN if sign in first.lower()), None)
    if found is not None:
        return f'{found} ({first})'
    if isinstance(error, IntegrityError):
        return f'a rule of the database forbids it ({first})'
    return first or type(original).__name__


@contextmanager
def unavailable(doing: str) -> Iterator[None]:
    """Turn errors while opening or reading into StoreUnavailable."""
    try:
        yield
    except LIBRARY_ERRORS as error:
        raise StoreUnavailable(f'{doing}: {plain(error)}') from error


@contextmanager
def failed(doing: str) -> Iterator[None]:
    """Turn errors while writing into StoreFailed: nothing was acknowledged, the process ends."""
    try:
        yield
    except (*LIBRARY_ERRORS, FleetError) as error:
        raise StoreFailed(f'{doing}: {plain(error)}') from error
