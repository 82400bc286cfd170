"""A scenario is read whole or refused whole, with every line that is wrong."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_manager.adapters.files import hospital as hospitals
from fleet_manager.adapters.files.scenario import load_scenario, save_scenario
from fleet_manager.application.days.scenario import (
    LIFT_PEOPLE,
    Fault,
    FaultKind,
    Generated,
    Motion,
    Request,
    Round,
    Scenario,
    Staff,
)
from fleet_manager.domain.errors import MapError
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.maps.problems import BrokenMap
from fleet_manager.domain.units import HOUR, MINUTE, SECOND

REPOSITORY = Path(__file__).resolve().parents[4]
SCENARIOS = sorted((REPOSITORY / 'scenarios').rglob('*.yaml'))
SMALL = REPOSITORY / 'maps' / 'small_hospital'


@cache
def load_hospital(folder: Path) -> Hospital:
    return hospitals.load_hospital(folder)


def write(folder: Path, text: str, name: str = 'day.yaml') -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, 'utf-8')
    return file


def read(folder: Path, text: str) -> Scenario:
    return load_scenario(write(folder, text)).scenario


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(BrokenMap) as caught:
        read(folder, text)
    return [f'{p.place}: {p.problem}; {p.mend}' for p in caught.value.problems]


def test_what_is_left_out_is_the_default_and_the_name_is_that_of_the_file(tmp_path: Path) -> None:
    found = load_scenario(write(tmp_path, 'hospital: maps/x', 'quiet.yaml')).scenario
    assert found == Scenario('quiet', str(tmp_path / 'maps' / 'x'), lift_people=LIFT_PEOPLE)


def test_everything_can_be_written(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        """
title: {zh: 一天, en: A day}
generated: {floors: 10, robots: 50, seed: 3}
fleet: {robots: 40, battery: [50%, 0.9], one_parcel: true}
starts: '22:00'
lasts: 8h
calm: 90min
utc_offset: -5h
seed: 9
dispatch: nearest
stat_reserve: {7-20: 2, rest: 1}
demand:
  factor: 1.5
  goods:
    drug: {count: 30, hours: {22-2: 4, rest: 1}, raised: 4%, senders: [pharmacy]}
  rounds:
    - {goods: meal, at: '06:30', by: '08:00', ahead: 12h, recipients: [ward]}
  requests:
    - {at: '23:10:05', goods: blood, sender: bb, recipient: er, raised: true}
staff: {come: [0s, 30s, 8min], night: [21, 7], refuse: 1%}
motion: {node: 0.2, turn: 0.8, stop: 0.4}
corridors: {clutter: {8-18: 0.6, rest: 1}, metres_per_stop: 100, stop: [5s, 10s, 1min]}
lift_people: {public: {trips: {8-20: 60}, tells: false}}
network: {loss: 0.5%, duplicates: 1%, delay: 300ms}
faults:
  - {kind: lift_out, at: '02:30', lasts: [1h, 1h, 2h], subject: A1}
  - {kind: robot_cut, per_day: 3}
expect: {on_time: 99%, alerts_per_hour: 2, still_open: 0}
""",
    )
    assert found.title == {'zh': '一天', 'en': 'A day'}
    assert (found.hospital, found.generated) == ('', Generated(10, 50, 3))
    assert found.fleet.battery == (0.5, 0.9)
    assert (found.starts, found.lasts, found.calm) == (22 * HOUR, 8 * HOUR, 90 * MINUTE)
    assert (found.utc_offset, found.seed, found.dispatch) == (-5 * HOUR, 9, 'nearest')
    assert found.stat_reserve == (1,) * 7 + (2,) * 13 + (1,) * 4
    drug = found.demand.goods[0]
    assert drug.hours == (4.0, 4.0, *(1.0,) * 20, 4.0, 4.0)
    assert (drug.raised, drug.senders) == (0.04, ('pharmacy',))
    meal = Round('meal', int(6.5 * HOUR), 8 * HOUR, 12 * HOUR, (), ('ward',))
    assert found.demand.rounds == (meal,)
    at = 23 * HOUR + 10 * MINUTE + 5 * SECOND
    assert found.demand.requests == (Request(at, 'blood', 'bb', 'er', raised=True),)
    assert found.staff == replace(
        Staff(), come=(0, 30 * SECOND, 8 * MINUTE), night=(21, 7), refuse=0.01
    )
    assert found.motion == Motion(node=0.2, turn=0.8, stop=0.4)
    assert found.corridors.clutter[7:9] == (1.0, 0.6)
    assert found.lift_people['service'] == LIFT_PEOPLE['service']
    assert found.lift_people['public'].trips[7:9] == (0.0, 60.0)
    assert (found.network.loss, found.network.delay_ms) == (0.005, 300)
    out = Fault(FaultKind.LIFT_OUT, at=int(2.5 * HOUR), lasts=(HOUR, HOUR, 2 * HOUR), subject='A1')
    assert found.faults == (out, Fault(FaultKind.ROBOT_CUT, per_day=3.0))
    assert (found.expect.on_time, found.expect.still_open) == (0.99, 0)


def test_all_problems_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        """hospital: here
starts: '25:99'
lasts: 24
demand:
  goods:
    drug: {count: -3, hours: {8-9: 1, 8-10: 2}}
    drugs: {count: 3}
    blood: {count: 4, hours: {8-9: 0}}
faults:
  - {kind: robot_die, per_day: 2}
  - {kind: lift_out, lasts: [3min, 2min, 1min], wht: 3}
  - {kind: fire, at: '10:00', per_day: 2}
network: {loss: 140%, delay: 2min}
speed: 3
""",
    )
    places = [text.split(' ')[0].rpartition(':')[2] for text in found]
    assert sorted(map(int, places)) == [2, 3, 6, 6, 7, 8, 10, 11, 11, 11, 12, 13, 13, 14]
    for text in (
        "starts: is '25:99'; write a time of day such as '06:30'",
        'lasts: is the number 24; write a span of time with its unit',
        '08:00 is in two spans',
        "'drugs' is no goods class; did you mean 'drug'?",
        'demand.goods.blood.hours: weighs 0 at every hour',
        "'robot_die' is unknown; did you mean 'robot_dies'?",
        'faults.1.lasts: is not in order; write [soonest, usual, latest]',
        'faults.1: never happens; write `at',
        'faults.2: has a time and a rate',
        "network.loss: is '140%'; write a share from 0 to 1",
        "network.delay: is '2min'; write a span of 60s at most",
        "speed: is not a field; did you mean 'seed'?",
    ):
        assert any(text in line for line in found), text


@pytest.mark.parametrize(
    ('text', 'told'),
    [
        ('', 'has no fields'),
        ('- 1', 'has no fields'),
        ('a: [', 'is no YAML here'),
        ('seed: 1', 'names no hospital'),
        ('hospital: a\ngenerated: {floors: 5, robots: 4}', 'stands beside `hospital`'),
        ('hospital: a\nfleet: 8', 'fleet: is the number 8; write a mapping'),
        ('hospital: a\nlasts: 0s', 'lasts: is no time'),
        ('hospital: a\nseed: -1', 'seed: is -1'),
        ('hospital: a\nutc_offset: 15h', 'write hours east of Greenwich'),
        ('hospital: a\nstat_reserve: {8-10: 1.5}', 'write whole numbers of robots'),
        ('hospital: a\nstaff: {night: [22, 24]}', 'write an hour from 0 to 23'),
        ('hospital: a\nstaff: {come: [1s, 2s]}', 'has 2 values; write 3'),
        ('hospital: a\nstaff: {come: 5s}', 'write a list'),
        ('hospital: a\nfleet: {battery: [90%, 20%]}', 'ends below its beginning'),
        ('hospital: a\ncorridors: {clutter: {8-9: 0.5}}', 'a share of the full speed'),
        ('hospital: a\nlift_people: {private: {}}', 'private: is not a field'),
        ('hospital: a\ndemand: {goods: {drug: {count: 1, hours: [1, 2]}}}', 'write 24 weights'),
        ('hospital: a\ndemand: {goods: {drug: {count: 1, hours: {9: 2}}}}', 'no span of hours'),
        ('hospital: a\ndemand: {goods: {drug: {count: 1, hours: {8-9: x}}}}', 'give 8-9 a weight'),
        ('hospital: a\ndemand: {goods: {drug: {count: 1, hours: 3}}}', 'write a list of 24'),
        ("hospital: a\ndemand: {rounds: [{goods: meal, at: '6:00', by: '6:00'}]}", 'by: is when'),
        ('hospital: a\ndemand: {rounds: [{goods: meal}]}', 'add `at: …`'),
        ('extends: 3', 'extends: is no file name'),
        ('extends: gone.yaml', 'there is no file'),
        ('extends: day.yaml', 'extends this file'),
    ],
)
def test_nonsense_is_refused_with_what_to_write(tmp_path: Path, text: str, told: str) -> None:
    assert any(told in line for line in problems(tmp_path, text))


def test_a_file_that_is_missing_or_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(MapError, match='No such file'):
        load_scenario(tmp_path / 'gone.yaml')
    (tmp_path / 'bytes.yaml').write_bytes(b'\xff\xfe\x00')
    with pytest.raises(MapError, match='is not UTF-8'):
        load_scenario(tmp_path / 'bytes.yaml')


def test_a_variant_changes_only_what_it_writes(tmp_path: Path) -> None:
    write(
        tmp_path,
        """
hospital: maps/x
demand:
  goods:
    drug: {count: 30, hours: {8-10: 4, rest: 1}, raised: 4%}
    meal: {count: 7}
faults: [{kind: robot_cut, per_day: 3}]
staff: {refuse: 1%}
""",
        'base/usual.yaml',
    )
    found = read(
        tmp_path,
        """
extends: base/usual.yaml
demand: {goods: {drug: {hours: {1-2: 1}}, meal: }}
staff: {cancel: 2%}
faults: []
""",
    )
    (drug,) = found.demand.goods
    assert (drug.count, drug.raised, drug.hours[1], sum(drug.hours)) == (30, 0.04, 1.0, 1.0)
    assert (found.staff.refuse, found.staff.cancel, found.faults) == (0.01, 0.02, ())
    assert found.hospital == str(tmp_path / 'base' / 'maps' / 'x')


def test_a_problem_in_what_is_extended_names_that_file(tmp_path: Path) -> None:
    write(tmp_path, 'hospital: a\nfaults: [{kind: fir, per_day: 1}]\nseed: x', 'base.yaml')
    told = '\n'.join(problems(tmp_path, 'extends: base.yaml\n\nseed: y'))
    assert 'base.yaml:2 faults.0.kind' in told
    assert 'day.yaml:3 seed' in told


def test_a_circle_of_files_is_refused(tmp_path: Path) -> None:
    write(tmp_path, 'extends: day.yaml', 'other.yaml')
    assert any('extends this file' in line for line in problems(tmp_path, 'extends: other.yaml'))


def test_names_the_hospital_does_not_have_are_told(tmp_path: Path) -> None:
    loaded = load_scenario(
        write(
            tmp_path,
            f"""
hospital: {SMALL}
fleet: {{robots: 40}}
demand:
  goods:
    drug: {{count: 3, senders: [pharmacie], recipients: [lab]}}
    linen: {{count: 1}}
  rounds: [{{goods: meal, at: '06:00', by: '07:00', recipients: [kitchen]}}]
  requests: [{{at: '07:00', goods: drug, sender: pharmacy, recipient: n9}}]
faults:
  - {{kind: lift_out, per_day: 1, subject: C}}
  - {{kind: robot_dies, per_day: 1, subject: r99}}
  - {{kind: network_cut, per_day: 1, subject: A}}
  - {{kind: fire, per_day: 1, subject: L2}}
  - {{kind: charger_dead, per_day: 1, subject: L1.charge-1}}
""",
        )
    )
    with pytest.raises(BrokenMap) as caught:
        loaded.check(load_hospital(SMALL))
    told = str(caught.value)
    for text in (
        "'pharmacie' in this hospital; did you mean 'pharmacy'?",
        'none of these stations sends drug',
        'none of these stations takes drug',
        'no station of small-hospital sends linen',
        'none of these stations takes meal',
        "no station 'n9' in this hospital",
        "no lift 'C'",
        "no robot 'r99'",
        'this kind of fault has no subject; remove it',
        'is 40, the hospital has 12',
    ):
        assert text in told, text
    assert 'L2' not in told
    assert 'charge-1' not in told


@pytest.mark.thorough
@pytest.mark.parametrize('file', SCENARIOS, ids=lambda file: file.stem)
def test_every_scenario_that_is_shipped_fits_its_hospital(file: Path) -> None:
    loaded = load_scenario(file)
    assert loaded.scenario.title['zh']
    if loaded.scenario.generated is None:
        loaded.check(load_hospital(Path(loaded.scenario.hospital)))


@pytest.mark.parametrize('file', SCENARIOS, ids=lambda file: file.stem)
def test_a_scenario_that_is_written_reads_back_the_same(file: Path, tmp_path: Path) -> None:
    scenario = load_scenario(file).scenario
    copy = tmp_path / file.name
    save_scenario(copy, scenario)
    again = load_scenario(copy).scenario
    if scenario.hospital:
        assert Path(again.hospital).samefile(scenario.hospital)
    assert replace(again, hospital=scenario.hospital) == scenario


def test_figures_of_motion_that_were_fitted_are_kept_in_a_file(tmp_path: Path) -> None:
    fitted = Scenario('a', str(SMALL), motion=Motion(node=0.213, turn=0.8, start=0.5, stop=0.4))
    save_scenario(tmp_path / 'a.yaml', fitted)
    assert load_scenario(tmp_path / 'a.yaml').scenario.motion == fitted.motion


def test_figures_of_motion_that_cannot_be_are_refused(tmp_path: Path) -> None:
    found = problems(tmp_path, 'hospital: x\nmotion: {turn: -1, stop: 61, brake: 1}\n')
    assert len(found) == 3
    assert all(text.split(' ')[0].endswith(':2') for text in found)


@pytest.mark.thorough
def test_the_reference_day_asks_for_3000_of_which_4_percent_are_stat() -> None:
    loaded = load_scenario(REPOSITORY / 'scenarios' / 'reference_day.yaml')
    demand, stations = (
        loaded.scenario.demand,
        load_hospital(Path(loaded.scenario.hospital)).stations,
    )
    by_rate = {one.goods: one.count for one in demand.goods}
    rounds = 0
    for one in demand.rounds:
        sending = sum(one.goods in station.sends for station in stations.values())
        taking = sum(one.goods in station.takes for station in stations.values())
        rounds += max(sending, taking)
    total = sum(by_rate.values()) + rounds
    raised = sum(one.count * one.raised for one in demand.goods)
    assert total == 3_000
    assert by_rate['blood'] / total == pytest.approx(0.04, abs=0.0005)
    assert (by_rate['controlled'] + raised) / total == pytest.approx(0.06, abs=0.005)


@given(text=st.text(max_size=60))
def test_no_text_makes_the_reader_break(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp('hostile') / 'day.yaml'
    file.write_bytes(f'hospital: a\nlasts: {text}\n{text}: 1\n'.encode('utf-8', 'ignore'))
    with suppress(BrokenMap):
        load_scenario(file)
