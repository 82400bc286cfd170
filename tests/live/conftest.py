"""Hospitals of real processes need ROS 2; nothing else."""

from __future__ import annotations

from importlib.util import find_spec

import pytest


@pytest.fixture(scope='session', autouse=True)
def ros() -> None:
    """Skip, with the reason, where there is no ROS 2."""
    if find_spec('rclpy') is None or find_spec('hospital_fleet_msgs') is None:
        pytest.skip('no ROS 2 here: `make setup` brings it')
