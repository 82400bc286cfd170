"""A database to break."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.postgres import fresh_database


@pytest.fixture(params=['sqlite', pytest.param('postgresql', marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty database of either kind."""
    return fresh_database(request.param, tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where a SQLite file may be made."""
    return tmp_path / 'fleet.db'


@pytest.fixture
def postgresql(tmp_path: Path) -> str:
    """Return the URL of an empty PostgreSQL database."""
    return fresh_database('postgresql', tmp_path)
