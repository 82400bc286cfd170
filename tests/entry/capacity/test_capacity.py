"""`fleet capacity` answers how many robots are enough, and says how sure that is."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.application.days.scenario import FaultKind
from fleet_manager.domain.errors import MapError
from fleet_manager.domain.maps.model import NodeKind
from fleet_manager.entry.capacity.answer import answers, bootstrap, estimate, sentences, wilson
from fleet_manager.entry.capacity.point import Point, Row, Task, prepared
from fleet_manager.entry.cli import app
from fleet_manager.entry.settings import SHIPPED_MAPS
from fleet_manager.entry.simulate.fleet import with_robots

SMALL = load_hospital(SHIPPED_MAPS / 'small_hospital')
#: Forty parcels in twenty minutes, a compartment each: too many for one robot.
RUSH = f"""
hospital: {SHIPPED_MAPS / 'small_hospital'}
fleet: {{battery: [90%, 100%]}}
starts: '09:00'
lasts: 20min
calm: 3h
demand: {{goods: {{supply: {{count: 120, hours: {{9-10: 1}}}}}}}}
"""


def capacity(*arguments: str | Path) -> tuple[int, str]:
    ran = CliRunner().invoke(app, ['capacity', *map(str, arguments)])
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    return ran.exit_code, ran.output


def row(robots: int, on_time: int, *, seed: int = 1, due: int = 100, lift: float = 0.2) -> Row:
    return Row(
        point=Point(robots),
        seed=seed,
        due=due,
        on_time=on_time,
        open=0,
        violations=0,
        lifts={'A': lift, 'B': lift / 2},
        lift_wait_p95=2.0,
        busy=0.5,
        wall_seconds=1.0,
        key='k',
    )


@pytest.mark.slow
def test_a_sweep_answers_plots_and_goes_on_where_it_was(tmp_path: Path) -> None:
    file, out = tmp_path / 'rush.yaml', tmp_path / 'out'
    file.write_text(RUSH, 'utf-8')
    wanted = ['--scenario', file, '--target', '0.9', '--out', out, '--jobs', '2']
    code, said = capacity(*wanted, '--robots', '1,6', '--seeds', '1..2')
    assert code == 0, said
    assert 'demand x 1: 6 robots' in said
    (found,) = json.loads((out / 'capacity.json').read_text('utf-8'))
    assert (found['robots'], [one['robots'] for one in found['curve']]) == (6, [1, 6])
    assert found['curve'][0]['on_time'] < 0.9 <= found['curve'][1]['on_time']
    ET.fromstring((out / 'capacity.svg').read_text('utf-8'))
    code, said = capacity(*wanted, '--robots', '1,6', '--seeds', '1..2')
    assert (code, '4 of 4 days were played before' in said) == (0, True)


@pytest.mark.parametrize(
    ('arguments', 'code', 'told'),
    [
        (['--robots', 'many'], 2, '--robots many: write numbers'),
        (['--demand', '0'], 2, '--demand 0: write numbers'),
        (['--robots', '400'], 1, 'are more than there are bays for'),
        (['--lifts', 'A,Z'], 1, "no lift 'Z'; the lifts are: A, B"),
        (['--seeds', '3..1'], 2, '--seeds'),
        (['--dispatch', 'magic'], 2, '--dispatch magic'),
        (['--seeds', '1..20000'], 2, 'days to play'),
    ],
)
def test_nonsense_is_told_before_anything_is_played(
    arguments: list[str], code: int, told: str, tmp_path: Path
) -> None:
    found, said = capacity('--scenario', 'small_hospital', '--out', tmp_path / 'out', *arguments)
    assert (found, told in said) == (code, True), said
    assert not (tmp_path / 'out').exists()


def test_a_point_changes_robots_demand_lifts_and_people() -> None:
    point = Point(robots=5, demand=2.0, share=0.5, lifts=('A',))
    setting = prepared(Task('small_hospital', '', '', point, 1))
    usual = prepared(Task('small_hospital', '', '', Point(12), 1)).scenario
    assert len(setting.hospital.robots) == setting.scenario.fleet.robots == 5
    assert setting.scenario.demand.factor == 2 * usual.demand.factor
    (shut,) = setting.scenario.faults
    assert (shut.kind, shut.subject) == (FaultKind.LIFT_OUT, 'B')
    assert max(setting.scenario.lift_people['service'].trips) == pytest.approx(40)
    assert usual.faults == ()


def test_more_robots_than_the_fleet_has_live_at_free_bays_of_their_own() -> None:
    most = sum(n.kind in (NodeKind.CHARGER, NodeKind.PARKING) for n in SMALL.nodes.values())
    full = with_robots(SMALL, most)
    homes = [robot.home for robot in full.robots.values()]
    assert len(set(homes)) == len(homes) == most
    assert list(full.robots)[:12] == list(SMALL.robots)
    with pytest.raises(MapError, match=f'at most {most} robots'):
        with_robots(SMALL, most + 1)


def test_the_fewest_robots_are_those_from_which_on_the_target_always_holds() -> None:
    shares = {4: 90, 8: 99, 12: 97, 16: 99, 20: 100}
    rows = [row(robots, share, seed=seed) for robots, share in shares.items() for seed in range(5)]
    (found,) = answers(rows, 0.98)
    assert (found.enough, found.surely) == (16, 16)
    assert '16 robots (99.00% on time' in sentences(found, 0.98)[0]


def test_a_target_that_is_missed_names_the_lifts_where_they_are_the_limit() -> None:
    rows = [row(robots, 90, lift=0.9) for robots in (8, 16)]
    (found,) = answers(rows, 0.98)
    said = ' '.join(sentences(found, 0.98))
    assert found.enough is None
    assert '98.0% is not reached with up to 16 robots' in said
    assert 'busiest lift A: robots have it 90%' in said
    assert 'the lifts are the limit' in said


def test_an_interval_that_reaches_below_the_target_is_said() -> None:
    rows = [row(8, on_time, seed=seed) for seed, on_time in enumerate((95, 99, 100, 100))]
    (found,) = answers(rows, 0.98)
    assert (found.enough, found.surely) == (8, None)
    assert 'play more seeds' in ' '.join(sentences(found, 0.98))


def test_intervals_hold_the_share_and_shrink_with_more_of_it() -> None:
    low, high = wilson(98, 100)
    assert low < 0.98 < high
    assert (round(low, 4), round(high, 4)) == (0.9300, 0.9945)
    narrow = wilson(9_800, 10_000)
    assert low < narrow[0] < 0.98 < narrow[1] < high
    assert wilson(0, 0) == (0.0, 1.0)
    days = [row(8, on_time, seed=seed) for seed, on_time in enumerate((95, 97, 99, 98, 96))]
    low, high = bootstrap(days)
    assert 0.95 <= low < estimate(Point(8), days).share < high <= 0.99
    assert bootstrap(days) == (low, high), 'the same days give the same interval'
    assert bootstrap([row(8, 98, seed=seed) for seed in range(9)]) == (0.98, 0.98)
