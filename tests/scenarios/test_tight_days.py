"""Days in buildings too tight for two: bodies never touch, messages lost or not, and all ends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fleet_manager.adapters.sim.link import CLEAR, Weather
from fleet_manager.adapters.sim.mishaps import Rates
from fleet_manager.domain.ids import DoorId, NodeId
from fleet_manager.domain.maps.model import Hospital, NodeKind
from fleet_manager.domain.maps.serialise import with_version
from fleet_manager.domain.units import SECOND
from tests.domain.traffic.tight import lobby, twin
from tests.hospitals import Drawing, two_floors
from tests.scenarios.day import QUICK, Day
from tests.scenarios.seeds import seeds

AWFUL = Weather(loss=0.3, duplicates=0.2, delay_ms=2_500)


def with_stations(hospital: Hospital, *bays: str) -> Hospital:
    """Make stations of some bays, and a charger of the first robot's home."""
    drawn = Drawing(stations={})
    drawn.nodes = dict(hospital.nodes)
    for bay in bays:
        node = NodeId(bay)
        drawn.nodes[node] = replace(drawn.nodes[node], kind=NodeKind.STATION)
        drawn.station(bay.replace('.', '').lower(), node)
    home = hospital.robots[next(iter(hospital.robots))].home
    drawn.nodes[home] = replace(drawn.nodes[home], kind=NodeKind.CHARGER)
    return with_version(replace(hospital, nodes=drawn.nodes, stations=drawn.stations))


@pytest.mark.slow
@pytest.mark.parametrize('seed', seeds(2))
@pytest.mark.parametrize(
    'hospital',
    [
        with_stations(twin(robots=3), 'F1.p3', 'F1.p4', 'F1.q4'),
        with_stations(lobby(robots=3), 'F1.p1', 'F1.p3', 'F2.p3'),
    ],
    ids=['twin', 'lobby'],
)
@pytest.mark.parametrize('weather', [CLEAR, AWFUL], ids=['clear', 'awful'])
def test_nobody_touches_and_everything_ends_where_places_are_shared(
    hospital: Hospital, weather: Weather, seed: int
) -> None:
    day = Day(
        hospital,
        seed,
        robots=3,
        deliveries=8,
        every_ms=10 * SECOND,
        weather=weather,
        rates=Rates() if weather is CLEAR else None,
        habits=QUICK,
    )
    rested = day.run()
    assert day.sim.oracle.violations == []
    assert day.sim.oracle.all_ended(day.sim.state()) == []
    assert rested
    assert len(day.sim.oracle.requested) == 8


@pytest.mark.slow
def test_a_door_that_is_not_automatic_is_never_asked_to_open() -> None:
    hospital = two_floors(robots=2, door=True)
    door = replace(hospital.doors[DoorId('D')], automatic=False)
    hospital = with_version(replace(hospital, doors={door.id: door}))
    day = Day(hospital, 1, robots=2, deliveries=4, every_ms=10 * SECOND, weather=CLEAR,
              rates=Rates(), habits=QUICK)  # fmt: skip
    assert day.run()
    assert day.sim.oracle.violations == []
    assert 'door:D' not in day.sim.manager.kernel.directives()
