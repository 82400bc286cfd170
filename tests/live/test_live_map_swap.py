"""Changing the map of a hospital at work: real processes, real DDS, kill -9 in between."""

from __future__ import annotations

import json
import random
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.entry.first_run import OPERATOR, read_secrets
from fleet_manager.entry.settings import SHIPPED_MAPS
from fleet_manager.entry.swap import PASSWORD, SwapOptions, swap
from tests.live.hospital import READY_SECONDS, LiveHospital, wait_until
from tests.live.records import Records
from tests.live.ward import Crowd, Ward

pytestmark = [pytest.mark.ros, pytest.mark.slow]

WHOLE = SHIPPED_MAPS / 'small_hospital'
#: The short way between the corridors of level 1, from the robots' base to the pharmacy.
LINK = 'L1.n06-s07'


def without_link(folder: Path) -> Path:
    """Return the demo's hospital before its third link was built."""
    place = folder / 'before'
    shutil.copytree(WHOLE, place)
    floor = place / 'L1.yaml'
    text, count = re.subn(r'\n  - \{between: \[s07, n06\]\}', '', floor.read_text())
    assert count == 1
    floor.write_text(text)
    return place


def version(folder: Path) -> str:
    return load_hospital(folder).version


def change(
    hospital: LiveHospital, monkeypatch: pytest.MonkeyPatch, folder: Path, *, wait: int = 300
) -> int:
    """Run the client of `fleet map swap`; return its exit code."""
    monkeypatch.setenv(PASSWORD, read_secrets(hospital.state)[OPERATOR])
    return swap(SwapOptions(folder, hospital.url, OPERATOR, 'a link was built', wait))


def maps_of_robots(hospital: LiveHospital) -> set[str]:
    """Return which maps the robots remember to have taken over."""
    files = (hospital.state / 'robots').glob('*.json')
    return {json.loads(file.read_text())['map_version'] for file in files}


@pytest.mark.timeout(600)
def test_robots_drive_on_a_lane_that_was_added_while_they_worked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = without_link(tmp_path)
    with LiveHospital(tmp_path, robots=3, place=before) as hospital, Ward(hospital) as ward:
        ward.wait_for_robots(3)
        first = ward.ask('drug', 'pharmacy', 'n2w')
        ward.serve(first, until='under_way')
        assert change(hospital, monkeypatch, WHOLE) == 0
        assert f'version {version(WHOLE)} is in force' in capsys.readouterr().out
        ward.wait_for_robots(3)
        ward.serve(first)
        second = ward.ask('drug', 'pharmacy', 'n2w')
        ward.serve(second)
        assert maps_of_robots(hospital) == {version(WHOLE)}
        assert change(hospital, monkeypatch, WHOLE) == 0
        assert 'in force already' in capsys.readouterr().out

        hospital.restart_manager()
        hospital.programs['robots'].kill()
        hospital.programs['robots'].start()
        ward.wait_for_robots(3)
        assert 'map_in_force' in hospital.manager.said_in_this_life()
        third = ward.ask('meal', 'kitchen', 'n2w')
        ward.serve(third)
        assert ward.see()['fleet']['fleet']['map_version'] == version(WHOLE)

        records = Records.of(hospital)
        records.check(ward.promised)
        assert records.check_ended_once() == 3
        driven = [
            line.seq
            for line in records.lines
            if line.kind == 'LegPlanned' and any(h['lane'] == LINK for h in line.body['hops'])
        ]
        swapped = [line for line in records.lines if line.kind == 'MapSwapped']
        assert [(line.body['reason'], line.body['version']) for line in swapped] == [
            ('a link was built', version(WHOLE))
        ]
        assert driven
        assert min(driven) > swapped[0].seq
        hospital.assert_nothing_forbidden_happened()


#: Where a manager may die while the map changes.
POINTS = (
    'map_kept',
    'decided.MapSwapAsked',
    'committed.MapSwapAsked',
    'decided.MapSwapped',
    'committed.MapSwapped',
    'map_published:2',
)


@pytest.mark.timeout(1_800)
def test_a_manager_killed_at_any_point_of_a_swap_goes_on_on_the_map_its_journal_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = without_link(tmp_path)
    places = {version(before): before, version(WHOLE): WHOLE}
    with (
        LiveHospital(tmp_path, place=before) as hospital,
        Ward(hospital) as ward,
        Crowd(ward, random.Random(3)) as crowd,
    ):
        for point in POINTS:
            hospital.manager.kill()
            hospital.start_manager([point])
            hospital.wait_ready()
            ward.wait_for_robots(4)
            now = ward.see()['fleet']['fleet']['map_version']
            other = next(name for name in places if name != now)
            with ThreadPoolExecutor() as pool:
                done = pool.submit(change, hospital, monkeypatch, places[other])
                wait_until(lambda: not hospital.manager.runs, seconds=240.0, what=f'died: {point}')
                assert hospital.crashpoint() == point.partition(':')[0]
                hospital.start_manager()
                assert hospital.wait_ready() is not None, hospital.manager.said()
                said = done.result(240.0)
            assert not crowd.failures, crowd.failures
            lines = [line for line in Records.of(hospital).lines if line.kind == 'MapSwapped']
            in_force = lines[-1].body['version'] if lines else version(before)
            assert ward.see()['fleet']['fleet']['map_version'] == in_force
            assert (said, in_force) == (0, other), point
        crowd.finish(seconds=READY_SECONDS + 300.0)
        records = Records.of(hospital)
        records.check(ward.promised)
        records.check_ended_once()
        hospital.assert_nothing_forbidden_happened()


def without_door(folder: Path) -> Path:
    """Return the demo's hospital after a ward door was taken out."""
    place = folder / 'after'
    shutil.copytree(WHOLE, place)
    floor = place / 'L2.yaml'
    text = floor.read_text()
    text, lanes = re.subn(r', door: west-ward\}', '}', text)
    text, doors = re.subn(r'\n  west-ward:[^\n]*(\n    [^\n]*)*', '', text)
    assert (lanes, doors) == (1, 1)
    floor.write_text(text)
    return place


@pytest.mark.timeout(600)
def test_a_building_with_other_doors_is_started_again_where_everything_stood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    after = without_door(tmp_path)
    with LiveHospital(tmp_path, robots=3) as hospital, Ward(hospital) as ward:
        ward.wait_for_robots(3)
        first = ward.ask('drug', 'pharmacy', 'n2w')
        ward.serve(first, until='under_way')
        assert change(hospital, monkeypatch, after) == 0
        world = hospital.programs['world']
        wait_until(lambda: not world.runs, seconds=20.0, what='the building ends')
        assert world.code == 0
        world.start()
        ward.serve(first)
        assert hospital.world()['version'] == version(after)
        assert 'L2.west-ward' not in ward.see()['door']
        records = Records.of(hospital)
        records.check(ward.promised)
        assert records.check_ended_once() == 1
        hospital.assert_nothing_forbidden_happened()
