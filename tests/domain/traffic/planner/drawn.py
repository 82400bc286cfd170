"""Small hospitals and random wishes for planners, shared by their tests."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.traffic.planner import Instance, Network, Task
from tests.domain.traffic.tight import hairpin, lobby, one_way_ring, twin
from tests.domain.traffic.zoned import court, hall
from tests.hospitals import corridor, loop, two_floors

NETWORKS: dict[str, Network] = {}
DRAWN: dict[str, Callable[[], Hospital]] = {
    'corridor': lambda: corridor(length=4),
    'loop': lambda: loop(size=5),
    'two floors': lambda: two_floors(lifts=2),
    'twin': lambda: twin(length=3),
    'hairpin': hairpin,
    'lobby': lobby,
    'one way': one_way_ring,
    'hall for one': lambda: hall(limit=1),
    'court for two': lambda: court(limit=2),
}


def network(name: str) -> Network:
    """Return the network of a drawn hospital, made once."""
    if name not in NETWORKS:
        NETWORKS[name] = Network.of(DRAWN[name]())
    return NETWORKS[name]


def wishes(hospital: Hospital, robots: int, seed: int) -> Instance:
    """Return robots that stand in bays of their own and want to other ones."""
    rng = Random(seed)
    bays = [node for node in hospital.nodes if hospital.is_bay(node)]
    robots = min(robots, len(bays))
    starts, goals = rng.sample(bays, robots), rng.sample(bays, robots)
    urgencies = ('stat', 'urgent', 'routine', 'scheduled')
    return Instance(
        tuple(
            Task(f'q{n}', start, goal, rng.choice(urgencies), start_at=500 * rng.randint(0, 9))
            for n, (start, goal) in enumerate(zip(starts, goals, strict=True))
        )
    )
