"""Small Open-RMF buildings, drawn in metres, and what the checker says of them."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest

from fleet_manager.adapters.files.importing import rmf
from fleet_manager.adapters.files.importing.draft import Bay, Building
from fleet_manager.adapters.files.importing.report import Imported, Notebook
from fleet_manager.domain.maps.build import read_hospital
from fleet_manager.domain.maps.check import check_hospital
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.maps.problems import Severity

PIXELS = 10.0
_TYPES = {str: 1, int: 2, float: 3, bool: 4}


def parameters(given: dict[str, Any]) -> dict[str, list[Any]]:
    return {key: [_TYPES[type(value)], value] for key, value in given.items()}


class Sketch:
    """A level of a building; y is up and in metres here, down and in pixels in the file."""

    def __init__(self, name: str = 'L1', elevation: float = 0.0) -> None:
        self.name = name
        self.level: dict[str, Any] = {'elevation': elevation}
        for key in ('vertices', 'lanes', 'walls', 'doors', 'floors', 'measurements', 'fiducials'):
            self.level[key] = []
        self.measure(self.vertex(0.0, -50.0), self.vertex(10.0, -50.0), 10.0)

    def vertex(self, x: float, y: float, name: str = '', **given: Any) -> int:
        self.level['vertices'].append([x * PIXELS, -y * PIXELS, 0, name, parameters(given)])
        return len(self.level['vertices']) - 1

    def measure(self, a: int, b: int, metres: float) -> None:
        self.level['measurements'].append([a, b, parameters({'distance': metres})])

    def lane(self, *vertices: int, two_way: bool = True, graph: int = 0, **given: Any) -> None:
        given = {'bidirectional': two_way, 'graph_idx': graph, **given}
        for a, b in pairwise(vertices):
            self.level['lanes'].append([a, b, parameters(given)])

    def wall(self, *points: tuple[float, float]) -> None:
        corners = [self.vertex(*point) for point in points]
        for a, b in pairwise(corners):
            self.level['walls'].append([a, b, {}])

    def door(
        self,
        a: tuple[float, float],
        b: tuple[float, float],
        name: str = 'door',
        *,
        plugin: str = 'normal',
        kind: str = 'sliding',
    ) -> None:
        given = parameters({'name': name, 'plugin': plugin, 'type': kind})
        self.level['doors'].append([self.vertex(*a), self.vertex(*b), given])

    def floor(self, left: float, bottom: float, right: float, top: float, **given: Any) -> None:
        corners = ((left, bottom), (right, bottom), (right, top), (left, top))
        vertices = [self.vertex(*corner) for corner in corners]
        self.level['floors'].append({'vertices': vertices, 'parameters': parameters(given)})

    def fiducial(self, x: float, y: float, name: str) -> None:
        self.level['fiducials'].append([x * PIXELS, -y * PIXELS, name])

    def lifts(self, **lifts: dict[str, Any]) -> str:
        return text_of(self, lifts=lifts)

    @property
    def text(self) -> str:
        return text_of(self)


def text_of(*levels: Sketch, lifts: dict[str, Any] | None = None, **top: Any) -> str:
    building = {
        'name': 'sketch',
        'levels': {level.name: level.level for level in levels},
        'lifts': lifts or {},
        **top,
    }
    return json.dumps(building, indent=1)


def lift(x: float, y: float, **more: Any) -> dict[str, Any]:
    """Return a lift of 2 x 2 m that opens to the south on both floors."""
    return {
        'x': x * PIXELS,
        'y': -y * PIXELS,
        'yaw': 0.0,
        'width': 2.0,
        'depth': 2.0,
        'reference_floor_name': 'L1',
        'doors': {'d': {'door_type': 2, 'x': 0.0, 'y': -1.1, 'width': 1.4}},
        'level_doors': {'L1': ['d'], 'L2': ['d']},
        'plugins': True,
        **more,
    }


def ring(sketch: Sketch, width: float = 20.0, height: float = 12.0) -> list[int]:
    """Draw a ring of lanes with a charger and two stations outside, on a floor with room."""
    sketch.floor(-8.0, -8.0, width + 8.0, height + 8.0)
    corners = [(0.0, 0.0), (width / 2, 0.0), (width, 0.0)]
    corners += [(width, height), (width / 2, height), (0.0, height)]
    nodes = [sketch.vertex(*corner) for corner in corners]
    sketch.lane(*nodes, nodes[0])
    tag = '' if sketch.name == 'L1' else f' {sketch.name}'
    home = {'is_charger': True, 'spawn_robot_name': f'r{tag}', 'spawn_robot_type': 'X/Tiny'}
    sketch.lane(nodes[0], sketch.vertex(-3.0, -3.0, f'home{tag}', **home))
    sketch.lane(nodes[2], sketch.vertex(width + 3.0, -3.0, f'pharmacy{tag}'))
    sketch.lane(nodes[3], sketch.vertex(width + 3.0, height + 3.0, f'ward{tag}'))
    return nodes


def hospital(imported: Imported) -> Hospital:
    return read_hospital(imported.raw)


def errors(imported: Imported) -> set[str]:
    """Return the codes of all errors of an imported map."""
    return {code for code, severity in _problems(imported) if severity is Severity.ERROR}


def codes(imported: Imported) -> set[str]:
    """Return the codes of all errors and warnings of an imported map."""
    return {code for code, _ in _problems(imported)}


def unmended(text: str, monkeypatch: pytest.MonkeyPatch) -> Imported:
    """Import a building as it is drawn, everything where the source has it."""
    with monkeypatch.context() as patch:
        patch.setattr(rmf, 'repair', _as_drawn)
        return rmf.import_rmf(text, name='sketch.building.yaml')


def imported(text: str, **options: Any) -> Imported:
    return rmf.import_rmf(text, name='sketch.building.yaml', **options)


def said(result: Imported, words: str) -> bool:
    """Whether a note has these words."""
    return any(words in str(note) for note in result.notes)


def _problems(result: Imported) -> list[tuple[str, Severity]]:
    found = hospital(result)
    return [(own.code, own.severity) for own in check_hospital(found, len(found.robots))]


def _as_drawn(building: Building, notes: Notebook, *, robots: int | None) -> None:
    for storey in building.storeys:
        for spot in storey.spots:
            for role in spot.roles[:1]:
                spot.kind = role.kind
                storey.bays.append(Bay(role, spot))
    for shaft in building.shafts:
        for stop in shaft.stops:
            stop.wait = stop.exit = stop.storey.neighbours(stop.cab)[0]
            stop.storey.remove(stop.cab)
    for machine in building.machines:
        machine.home = machine.spot
