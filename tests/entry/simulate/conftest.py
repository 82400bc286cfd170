from __future__ import annotations

from pathlib import Path

import pytest

from tests.entry.simulate import days


@pytest.fixture
def quiet(tmp_path: Path) -> Path:
    return days.write(tmp_path, days.QUIET)


@pytest.fixture
def late(tmp_path: Path) -> Path:
    return days.write(tmp_path, days.LATE, 'late')
