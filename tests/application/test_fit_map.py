"""A journal goes on with a changed map only where everybody holds what it asks for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fleet_manager.application.fit_map import fit_map
from fleet_manager.domain.errors import MapError
from fleet_manager.domain.ids import NodeId
from fleet_manager.domain.maps.model import NodeKind
from fleet_manager.domain.maps.serialise import lanes_by_node, with_version
from tests.application.stage import Stage
from tests.hospitals import two_floors


def closer(x: float) -> object:
    """Return the two floors with one more node upstairs or down, 0.5 m beside a bay."""
    hospital = two_floors(robots=1)
    bay = hospital.nodes[NodeId('F1.c1')]
    beside = NodeId('F1.beside')
    nodes = {
        **hospital.nodes,
        beside: replace(bay, id=beside, x=x, kind=NodeKind.WAY),
    }
    lanes_at = lanes_by_node(nodes, hospital.lanes)
    return with_version(replace(hospital, nodes=nodes, lanes_at=lanes_at))


def test_a_place_in_use_that_is_too_close_to_a_new_one_is_named() -> None:
    stage = Stage(two_floors(robots=1))
    stage.tick()
    assert stage.robot('r1').node == 'F1.c1'
    with pytest.raises(MapError, match=r'node:F1\.c1: is too close .* and r1 is on it'):
        fit_map(stage.kernel.state, closer(0.5))  # type: ignore[arg-type]


def test_a_new_place_beside_one_that_nobody_uses_is_no_hindrance() -> None:
    stage = Stage(two_floors(robots=1))
    stage.tick()
    fit_map(stage.kernel.state, closer(-3.0))  # type: ignore[arg-type]
