"""A hospital as small as can be, and a DDS domain of this run's own."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest

from fleet_manager.domain.ids import (
    DoorId,
    FloorId,
    HospitalId,
    LiftId,
    NodeId,
    RobotId,
)
from fleet_manager.domain.maps.model import (
    Door,
    Floor,
    Hospital,
    Lift,
    Name,
    Point,
    RobotSpec,
)
from fleet_manager.domain.messages import Report
from fleet_manager.domain.units import Instant

with warnings.catch_warnings():
    # Its parser uses a module Python calls deprecated; messages load it when first used.
    warnings.simplefilter('ignore')
    import_module('rosidl_generator_py')

ROBOTS = tuple(RobotId(f'r{number}') for number in range(1, 9))


class Collector:
    """A Mailbox that keeps what was reported, with the moment it was."""

    def __init__(self) -> None:
        self.heard: list[tuple[float, Report]] = []

    def report(self, report: Report) -> None:
        """Keep a report. Called from the ROS thread."""
        self.heard.append((time.monotonic(), report))

    def submit(self, command: Any) -> Any:
        """Not used by a link."""
        raise NotImplementedError

    def reports(self) -> list[Report]:
        """Return what was reported until now."""
        return [report for _, report in list(self.heard)]


def utc() -> Instant:
    """Return the wall time."""
    return Instant(time.time_ns() // 1_000_000)


def wait_for(condition: Callable[[], bool], *, seconds: float = 30.0) -> None:
    """Wait until something is true; fail when it is not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, 'it did not come about in time'
        time.sleep(0.01)


@pytest.fixture(scope='session')
def hospital() -> Hospital:
    """Two floors, a lift, a door, eight robots."""
    name = Name('名', 'name')
    floors = [
        Floor(FloorId(floor), name, level, 4.0 * level, (), ()) for level, floor in enumerate('12')
    ]
    lift = Lift(LiftId('L1'), name, NodeId('car'), Point(0, 0), 2.0, 2.4, 1.0, 0.5, 4.0, ())
    door = Door(DoorId('D1'), name, FloorId('1'), Point(3, 0), 1.2)
    return Hospital(
        id=HospitalId('small'),
        name=name,
        version='a1b2',
        phone='1',
        floors={floor.id: floor for floor in floors},
        nodes={},
        lanes={},
        doors={door.id: door},
        lifts={lift.id: lift},
        stations={},
        robots={robot: RobotSpec(robot, robot, NodeId('n1'), ('c1', 'c2')) for robot in ROBOTS},
        lanes_at={},
    )


@pytest.fixture(scope='session')
def ros_domain() -> Iterator[int]:
    """Give every run a domain of its own; above 101 the ports are the system's to hand out."""
    domain = 20 + os.getpid() % 80
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('ROS_DOMAIN_ID', str(domain))
        yield domain
