"""Every database the product supports: the same rules are tested on each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine, text

from fleet_manager.adapters.db import engines
from fleet_manager.adapters.db.accounts import SqlAccounts
from fleet_manager.adapters.db.store import SqlStore, open_store
from fleet_manager.adapters.db.ward_book import SqlWardBook
from tests.postgres import fresh_database


@pytest.fixture(params=['sqlite', pytest.param('postgresql', marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty database."""
    return fresh_database(request.param, tmp_path)


class Stores:
    """Opens stores one after the other on one database, as restarts of a manager do."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._open: list[SqlStore] = []

    def start(self) -> SqlStore:
        """Open the database; the one opened before is closed."""
        self.close()
        self._open.append(open_store(self._url))
        return self._open[-1]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Look into the tables past the store."""
        engine = create_engine(engines.parse(self._url), poolclass=NullPool)
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    def rival_leads(self) -> None:
        """Do what the take-over of another manager does to the leader row."""
        engine = create_engine(engines.parse(self._url), poolclass=NullPool)
        with engine.begin() as connection:
            connection.execute(text("UPDATE leader SET epoch = epoch + 1, holder = 'rival'"))

    def close(self) -> None:
        """Close what is open."""
        for store in self._open:
            store.close()


@pytest.fixture
def stores(database: str) -> Iterator[Stores]:
    """Return stores on an empty database."""
    found = Stores(database)
    yield found
    found.close()


@pytest.fixture
def accounts(database: str) -> Iterator[SqlAccounts]:
    """Return accounts on an empty database."""
    found = SqlAccounts(database, badge_key='a key')
    yield found
    found.close()


@pytest.fixture
def book(database: str) -> Iterator[SqlWardBook]:
    """Return an empty book of wards."""
    found = SqlWardBook(database)
    yield found
    found.close()
