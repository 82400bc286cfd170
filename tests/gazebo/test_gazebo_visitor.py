"""A visitor crosses the corridor in front of a robot with a delivery to another floor."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gazebo.house import GazeboHospital
from tests.live.ward import Ward

pytestmark = [pytest.mark.ros, pytest.mark.gazebo, pytest.mark.timeout(600)]

HOMES = {'r1': 'L1.charge-1', 'r2': 'L2.charge-1'}
VISITOR = {'name': 'visitor', 'kind': 'person', 'floor': 'L1', 'at': [30.0, 7.55]}


def test_a_visitor_crosses_and_the_parcel_comes(tmp_path: Path) -> None:
    with GazeboHospital(tmp_path, homes=HOMES, walkers=[VISITOR]) as house, Ward(house) as ward:
        ward.wait_for_robots(len(HOMES))
        name = ward.ask('supply', 'stores', 'n2w')
        ward.serve(name, until='under_way')
        house.walk('visitor', to=(30.0, 9.2), speed=0.8)
        ward.serve(name)
        house.judge(ward)
        assert house.newest().walkers['visitor'] == pytest.approx([30.0, 9.2], abs=0.05)
