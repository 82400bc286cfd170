"""What is broken is found: a robot that steers badly, a lift wired wrongly, lanes not taken."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gazebo.house import HERE, GazeboHospital
from tests.live.hospital import wait_until
from tests.live.ward import Ward

pytestmark = [pytest.mark.ros, pytest.mark.gazebo, pytest.mark.slow, pytest.mark.timeout(600)]

#: Seconds of wall time in which a whole hospital would have delivered.
ENOUGH = 40.0


def break_program(house: GazeboHospital, program: str, what: str) -> None:
    """Have a program start with something broken."""
    command = list(house.programs[program].command)
    at = command.index('-m')
    house.programs[program].command = [
        *command[:at],
        str(HERE / 'broken.py'),
        what,
        *command[at + 1 :],
    ]


def problem(house: GazeboHospital, errands: Callable[[Ward], None]) -> str:
    """Return what went wrong, or ''."""
    found = []
    with house, Ward(house) as ward:
        for step in (errands, house.judge):
            try:
                step(ward)
            except AssertionError as error:
                found.append(str(error))
    return '\n'.join(found)


def test_a_robot_that_steers_to_the_left_is_noticed(tmp_path: Path) -> None:
    house = GazeboHospital(tmp_path, homes={'r1': 'L1.charge-1'})
    break_program(house, 'robots', 'follower')

    def errands(ward: Ward) -> None:
        ward.serve(ward.ask('supply', 'stores', 'pharmacy'), seconds=ENOUGH)

    assert re.search('touches|off its lane', problem(house, errands))


def test_a_lift_that_goes_to_the_wrong_floor_is_noticed(tmp_path: Path) -> None:
    house = GazeboHospital(tmp_path, homes={'r1': 'L1.charge-1'}, alone=True)
    for lift in house.hospital.lifts:
        break_program(house, f'lift {lift}', 'lift_floor')

    def errands(ward: Ward) -> None:
        ward.serve(ward.ask('drug', 'pharmacy', 'n2e'), seconds=ENOUGH)

    assert re.search('from what it holds|in_lift at car', problem(house, errands))


def test_a_manager_that_takes_no_lanes_ends_before_a_robot_drives_on(tmp_path: Path) -> None:
    house = GazeboHospital(tmp_path, homes={'r1': 'L1.charge-1', 'r2': 'L1.charge-2'})
    break_program(house, 'manager', 'claim')
    with house, Ward(house) as ward:
        ward.ask('supply', 'stores', 'pharmacy')
        wait_until(lambda: not house.manager.runs, seconds=ENOUGH, what='the manager ends')
        house.wait_simulated(30.0)
        assert 'which it does not hold' in house.manager.said(40)
        house.assert_nothing_forbidden_happened()
