"""kill -9 of the manager at each labelled point of a delivery's life; docs/reliability.md."""

from __future__ import annotations

import random
import statistics
import time
from pathlib import Path

import pytest

from fleet_manager.domain import messages as m
from tests.live.hospital import READY_SECONDS, LiveHospital
from tests.live.records import Records
from tests.live.ward import Crowd, Ward

pytestmark = [pytest.mark.ros, pytest.mark.slow]

#: What happens to a delivery, its robot and its lift on an ordinary day, cancelling included.
KINDS = (
    m.ManagerStarted,
    m.RobotPlaced,
    m.DeliveryRequested,
    m.DeliveryCancelled,
    m.RunAssigned,
    m.RunWithdrawn,
    m.LegPlanned,
    m.HopsReleased,
    m.NodeReached,
    m.RobotArrived,
    m.OpeningAuthorised,
    m.CompartmentOpened,
    m.ParcelLoaded,
    m.ParcelTaken,
    m.DeliveryReceived,
    m.DeliveryRated,
    m.LiftSessionStarted,
    m.LiftSessionAdvanced,
    m.LiftSessionEnded,
)
POINTS = (
    *(f'{when}.{kind.__name__}' for kind in KINDS for when in ('decided', 'committed')),
    'replied',
    'published',
    'snapshot',
)
#: Seconds a manager may live until one of the points left is reached.
LIFE_SECONDS = 240.0


@pytest.mark.timeout(1_500)
def test_a_manager_killed_at_each_crash_point_loses_nothing_and_does_nothing_twice(
    tmp_path: Path,
) -> None:
    left = set(POINTS)
    began = time.monotonic()
    hospital = LiveHospital(tmp_path, settings={'snapshot_every': 120}, crashpoints=POINTS)
    with hospital, Ward(hospital) as ward, Crowd(ward, random.Random(5)) as crowd:
        while left:
            die_at_one_of(hospital, left, crowd)
            hospital.start_manager(sorted(left))
            hospital.wait_ready()
        crowd.finish(seconds=READY_SECONDS + 300.0)
        records = Records.of(hospital)
        records.check(ward.promised)
        ended = records.check_ended_once()
        hospital.assert_nothing_forbidden_happened()
    recovery = statistics.median(hospital.recoveries)
    print(
        f'\n{len(POINTS)} crash points in {time.monotonic() - began:.0f} s: '
        f'{len(ward.promised)} acknowledged, none lost; {ended} deliveries ended once each, '
        f'{records.kinds()["DeliveryReceived"]} of them delivered; '
        f'ready again after {recovery:.1f} s (median), {max(hospital.recoveries):.1f} s (longest)'
    )
    assert recovery <= READY_SECONDS


def die_at_one_of(hospital: LiveHospital, left: set[str], crowd: Crowd) -> None:
    """Wait until the manager has died at one of the points left, and take that one away."""
    deadline = time.monotonic() + LIFE_SECONDS
    while hospital.manager.runs:
        assert not crowd.failures, crowd.failures
        assert time.monotonic() < deadline, f'not reached in {LIFE_SECONDS:g} s: {sorted(left)}'
        time.sleep(0.05)
    point = hospital.crashpoint()
    assert hospital.manager.code == -9, hospital.manager.said()
    assert point in left, f'died at {point!r}'
    left.discard(point)
