"""What a manager does at its start, and what one costs that has nothing to do."""

from __future__ import annotations

import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.live.hospital import LiveHospital, is_ready
from tests.live.ward import Ward

pytestmark = [pytest.mark.ros, pytest.mark.timeout(120)]

#: Share of a core a process may take that has nothing to do.
IDLE = 0.15
LOOK_SECONDS = 5.0


@pytest.fixture(scope='module')
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHospital]:
    """Return a hospital at the speed of real life in which nothing is to be done."""
    with LiveHospital(tmp_path_factory.mktemp('idle'), robots=2, speed=1.0) as made:
        with Ward(made) as ward:
            ward.wait_for_robots(2)
        yield made


def test_robots_and_manager_that_have_nothing_to_do_leave_the_machine_alone(
    hospital: LiveHospital,
) -> None:
    watched = [hospital.programs[name] for name in ('robots', 'manager')]
    time.sleep(1.0)
    before = {program.name: program.cpu_seconds() for program in watched}
    time.sleep(LOOK_SECONDS)
    for program in watched:
        share = (program.cpu_seconds() - before[program.name]) / LOOK_SECONDS
        assert share < IDLE, f'{program.name} takes {share:.0%} of a core'


def test_a_second_manager_of_one_state_folder_says_who_has_it_and_ends(
    hospital: LiveHospital,
) -> None:
    second = start_manager(hospital, hospital.state)
    assert second.returncode == 1
    expected = f'is in use by process {hospital.manager.pid}: end that manager first'
    assert expected in second.stderr.decode()
    assert hospital.manager.runs
    assert is_ready(hospital.port)


def test_a_journal_with_one_flipped_byte_is_refused_with_a_sentence(
    hospital: LiveHospital, tmp_path: Path
) -> None:
    uri = f'file:{hospital.state / "fleet.db"}?mode=ro'
    with (
        closing(sqlite3.connect(uri, uri=True)) as source,
        closing(sqlite3.connect(tmp_path / 'fleet.db')) as target,
    ):
        source.backup(target)
    file = tmp_path / 'fleet.db'
    page = file.read_bytes()
    body = b'"node":"L1.charge-2","robot":"r2"'
    assert page.count(body) == 1, 'the line of the journal that says where r2 was seen first'
    file.write_bytes(page.replace(body, body.replace(b'charge-2', b'charge-3')))
    refused = start_manager(hospital, tmp_path)
    assert refused.returncode == 1
    said = refused.stderr.decode()
    assert 'fleet serve: ' in said
    assert 'restore a backup' in said
    assert 'Traceback' not in said


def start_manager(hospital: LiveHospital, state: Path) -> subprocess.CompletedProcess[bytes]:
    """Run a manager that should not start; return what it said."""
    return subprocess.run(
        [*hospital.manager.command],
        env={**hospital.manager.environment, 'FLEET_STATE_DIR': str(state)},
        capture_output=True,
        timeout=60.0,
        check=False,
    )
