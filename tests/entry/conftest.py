"""The hospital that is shipped."""

from __future__ import annotations

import pytest

from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.entry.settings import SHIPPED_MAPS


@pytest.fixture(scope='session')
def hospital() -> Hospital:
    return load_hospital(SHIPPED_MAPS / 'small_hospital')
