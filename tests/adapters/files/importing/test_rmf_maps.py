"""The maps of the Open-RMF demos, where they are at hand.

`FLEET_RMF_MAPS` names their folder; otherwise it is `shared/data/rmf_maps` beside the repository.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from random import Random

import pytest

from fleet_manager.adapters.files.hospital import check_folder
from fleet_manager.adapters.files.importing.rmf import import_rmf
from fleet_manager.adapters.files.save import save_hospital
from fleet_manager.adapters.sim.demand import Demand
from fleet_manager.adapters.sim.simulation import Simulation
from fleet_manager.domain.maps.build import build_hospital
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.maps.problems import Severity
from fleet_manager.domain.messages import LiftSessionEnded
from fleet_manager.domain.units import HOUR, SECOND

REPOSITORY = Path(__file__).resolve().parents[4]
FOLDER = Path(os.environ.get('FLEET_RMF_MAPS', REPOSITORY.parent / 'shared' / 'data' / 'rmf_maps'))
pytestmark = pytest.mark.skipif(
    not (FOLDER / 'clinic.building.yaml').is_file(),
    reason=f'the Open-RMF demo maps are not in {FOLDER}; set FLEET_RMF_MAPS to their folder',
)
#: Of each map: levels, nodes, lanes, doors, lifts, stations, robots.
MAPS = {
    'clinic': (2, 109, 109, 132, 2, 16, 4),
    'office': (1, 35, 36, 3, 0, 12, 2),
    'battle_royale': (1, 21, 20, 0, 0, 4, 4),
    'reroute_demo': (1, 22, 34, 0, 0, 2, 2),
}


def text_of(name: str) -> str:
    return (FOLDER / f'{name}.building.yaml').read_text(encoding='utf-8')


def hospital_of(name: str, *, graph: int | None = None, robots: int | None = None) -> Hospital:
    """Return an imported map; raises BrokenMap if robots cannot work on it."""
    return build_hospital(import_rmf(text_of(name), name=name, graph=graph, robots=robots).raw)


@pytest.mark.thorough
@pytest.mark.parametrize('name', MAPS)
def test_each_map_is_imported_and_robots_can_work_on_it(name: str) -> None:
    found = hospital_of(name)
    sizes = (found.floors, found.nodes, found.lanes, found.doors, found.lifts)
    counts = tuple(map(len, (*sizes, found.stations, found.robots)))
    assert counts == MAPS[name]


@pytest.mark.thorough
@pytest.mark.parametrize('name', MAPS)
def test_a_saved_map_reads_back_without_an_error(name: str, tmp_path: Path) -> None:
    save_hospital(import_rmf(text_of(name), name=name).raw, tmp_path / name)
    problems = check_folder(tmp_path / name)
    assert [own for own in problems if own.severity is Severity.ERROR] == []


@pytest.mark.thorough
def test_of_the_clinic_the_driven_lifts_join_both_levels() -> None:
    found = hospital_of('clinic')
    assert list(found.lifts) == ['lift_1', 'lift_25']
    assert all([stop.floor for stop in own.stops] == ['L1', 'L2'] for own in found.lifts.values())
    faces = [own.faces for own in found.lifts.values()]
    assert faces == [pytest.approx(3.14 + 1.5708, abs=0.01), pytest.approx(0.785, abs=0.01)]
    assert [floor.elevation for floor in found.floors.values()] == [0.0, 10.0]


@pytest.mark.thorough
def test_of_the_clinic_all_that_is_guessed_or_lost_is_noted() -> None:
    notes = [str(note) for note in import_rmf(text_of('clinic'), name='clinic').notes]
    for words in (
        'lifts "lift_2", lifts "lift_24": has plugins: false',
        '"deliveryRobot_1_charger": is called a charger and is none',
        'the longest is 0.7 m',
        '404 entries; not carried over: furniture',
        '116 more: is driven by nothing',
        'is_passthrough_point',
    ):
        assert any(words in note for note in notes), words


@pytest.mark.thorough
@pytest.mark.parametrize('graph', [0, 1])
def test_of_the_clinic_each_graph_works_alone(graph: int) -> None:
    found = hospital_of('clinic', graph=graph)
    assert not any(lane.robots for lane in found.lanes.values())
    assert len(found.robots) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ('name', 'robots', 'deliveries'),
    [('clinic', 4, 20), ('clinic', 8, 20), ('office', 2, 10), ('battle_royale', 4, 10)],
)
def test_deliveries_on_an_imported_map_arrive(name: str, robots: int, deliveries: int) -> None:
    sim = Simulation(hospital_of(name, robots=robots), Random(1))
    demand = Demand(sim, Random(2), count=deliveries, every_ms=30 * SECOND)
    sim.on_step.append(demand.step)
    assert sim.run_until(lambda: not demand.left, limit_ms=8 * HOUR)
    assert sim.run_until(sim.is_calm, limit_ms=8 * HOUR)
    assert sim.oracle.violations == []
    assert sum(sim.oracle.ends.values()) == deliveries
    rides = {
        json.loads(entry.body)['lift']
        for entry in sim.manager.journal
        if entry.kind == LiftSessionEnded.__name__
    }
    assert rides == set(sim.world.hospital.lifts)
