"""The hospital that is shipped, for rules that need its stations."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet_manager.adapters.files.hospital import load_hospital
from tests.application.stage import Stage

SMALL = Path(__file__).parents[2] / 'maps' / 'small_hospital'


@pytest.fixture
def small() -> Stage:
    return Stage(load_hospital(SMALL))
