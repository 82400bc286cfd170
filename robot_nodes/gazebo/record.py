"""A drive as an MCAP file, to be looked at in Lichtblick or Foxglove: poses, states, the journal.

Messages are JSON in Foxglove's well-known schemas: `/scene` the building and all that moves
(foxglove.SceneUpdate, one frame `hospital`), `/journal` what the manager wrote down
(foxglove.Log), `/truth` the figures themselves.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from robot_nodes.gazebo.engine import EngineError
from robot_nodes.gazebo.scene import Scene

FRAME: Final = 'hospital'
_COLOURS: Final = {
    'wall': (0.75, 0.77, 0.8, 0.6),
    'floor': (0.93, 0.93, 0.9, 0.5),
    'furniture': (0.55, 0.62, 0.7, 1.0),
    'robot': (0.1, 0.45, 0.85, 1.0),
    'car': (0.95, 0.75, 0.2, 0.5),
    'door': (0.3, 0.65, 0.4, 0.8),
    'walker': (0.85, 0.3, 0.3, 1.0),
}
_INFO: Final = 2


def write_mcap(
    out: Path,
    scene: Scene,
    truth: Iterable[Mapping[str, Any]],
    journal: Iterable[tuple[int, str, Mapping[str, Any]]],
) -> int:
    """Write a drive to `out`; return how many messages it has.

    `truth` are the lines of truth.jsonl, `journal` (UTC ms, kind, body) of each entry. Raises
    OSError, and EngineError where the library is missing.
    """
    try:
        from mcap.writer import Writer
    except ImportError:
        raise EngineError('MCAP files need the package mcap: pip install mcap') from None
    messages = 0
    with out.open('wb') as file:
        writer = Writer(file)
        writer.start()
        channels = {}
        for topic, name, schema in (
            ('/scene', 'foxglove.SceneUpdate', _SCENE_UPDATE),
            ('/journal', 'foxglove.Log', _LOG),
            ('/truth', 'hospital_fleet.Truth', {'type': 'object'}),
        ):
            known = writer.register_schema(name, 'jsonschema', json.dumps(schema).encode())
            channels[topic] = writer.register_channel(topic, 'json', known)
        for at, topic, message in _in_order(scene, truth, journal):
            writer.add_message(
                channels[topic], at * 1_000_000, json.dumps(message).encode(), at * 1_000_000
            )
            messages += 1
        writer.finish()  # type: ignore[no-untyped-call]
    return messages


def _in_order(
    scene: Scene,
    truth: Iterable[Mapping[str, Any]],
    journal: Iterable[tuple[int, str, Mapping[str, Any]]],
) -> Iterator[tuple[int, str, Mapping[str, Any]]]:
    moments = list(truth)
    begin = moments[0]['at'] if moments else 0
    found: list[tuple[int, str, Mapping[str, Any]]] = [(begin, '/scene', _building(scene, begin))]
    for moment in moments:
        found.append((moment['at'], '/scene', _moving(scene, moment)))
        found.append((moment['at'], '/truth', moment))
    for at, kind, body in journal:
        text = f'{kind} {json.dumps(body, ensure_ascii=False)}'
        log = {'timestamp': _time(at), 'level': _INFO, 'message': text, 'name': kind}
        found.append((at, '/journal', log))
    yield from sorted(found, key=lambda item: item[0])


def _building(scene: Scene, at: int) -> dict[str, Any]:
    cubes = [
        _cube(block.at, block.size, block.yaw, block.kind)
        for block in scene.blocks
        if block.kind != 'floor'
    ]
    return {'deletions': [], 'entities': [_entity('building', at, cubes=cubes)]}


def _moving(scene: Scene, moment: Mapping[str, Any]) -> dict[str, Any]:
    at, entities = moment['at'], []
    for name, (x, y, z, yaw, *_) in moment['robots'].items():
        one = scene.robots[name]
        middle = (x, y, z + one.height / 2)
        cube = _cube(middle, (one.length, one.width, one.height), yaw, 'robot')
        entities.append(_entity(f'robot {name}', at, cubes=[cube], text=(name, x, y, z + 1.0)))
    for name, (height, *_) in moment['lifts'].items():
        x0, y0, x1, y1 = scene.lifts[name].cage
        middle = ((x0 + x1) / 2, (y0 + y1) / 2, height + 1.1)
        cube = _cube(middle, (x1 - x0, y1 - y0, 2.2), 0.0, 'car')
        entities.append(_entity(f'lift {name}', at, cubes=[cube]))
    for name, share in moment['doors'].items():
        door = scene.doors[name]
        (ax, ay), (bx, by) = door.line
        left = max(0.02, 1.0 - share)
        middle = ((ax + bx) / 2, (ay + by) / 2, scene.floors[door.floor] + door.height / 2)
        size = (math.dist(*door.line) * left, 0.06, door.height)
        cube = _cube(middle, size, math.atan2(by - ay, bx - ax), 'door')
        entities.append(_entity(f'door {name}', at, cubes=[cube]))
    for walker in scene.walkers:
        x, y = moment['walkers'][walker.model]
        size = (walker.length, walker.width, walker.height)
        cube = _cube((x, y, walker.z + walker.height / 2), size, walker.yaw, 'walker')
        entities.append(_entity(walker.model, at, cubes=[cube]))
    return {'deletions': [], 'entities': entities}


def _entity(
    name: str,
    at: int,
    *,
    cubes: list[dict[str, Any]],
    text: tuple[str, float, float, float] | None = None,
) -> dict[str, Any]:
    texts = []
    if text is not None:
        what, x, y, z = text
        texts.append(
            {
                'pose': _pose((x, y, z), 0.0),
                'billboard': True,
                'font_size': 0.5,
                'scale_invariant': False,
                'color': {'r': 0.1, 'g': 0.1, 'b': 0.1, 'a': 1.0},
                'text': what,
            }
        )
    return {
        'timestamp': _time(at),
        'frame_id': FRAME,
        'id': name,
        'lifetime': {'sec': 0, 'nsec': 0},
        'frame_locked': False,
        'metadata': [],
        'arrows': [],
        'cubes': cubes,
        'spheres': [],
        'cylinders': [],
        'lines': [],
        'triangles': [],
        'texts': texts,
        'models': [],
    }


def _cube(
    at: tuple[float, float, float], size: tuple[float, float, float], yaw: float, kind: str
) -> dict[str, Any]:
    r, g, b, a = _COLOURS.get(kind, _COLOURS['furniture'])
    return {
        'pose': _pose(at, yaw),
        'size': dict(zip('xyz', size, strict=True)),
        'color': {'r': r, 'g': g, 'b': b, 'a': a},
    }


def _pose(at: tuple[float, float, float], yaw: float) -> dict[str, Any]:
    return {
        'position': dict(zip('xyz', at, strict=True)),
        'orientation': {'x': 0.0, 'y': 0.0, 'z': math.sin(yaw / 2), 'w': math.cos(yaw / 2)},
    }


def _time(at: int) -> dict[str, int]:
    return {'sec': at // 1_000, 'nsec': at % 1_000 * 1_000_000}


def _object(**properties: Any) -> dict[str, Any]:
    return {'type': 'object', 'properties': properties}


def _list(of: Mapping[str, Any]) -> dict[str, Any]:
    return {'type': 'array', 'items': of}


_NUMBER: Final = {'type': 'number'}
_STRING: Final = {'type': 'string'}
_TIME: Final = _object(sec={'type': 'integer'}, nsec={'type': 'integer'})
_VECTOR: Final = _object(x=_NUMBER, y=_NUMBER, z=_NUMBER)
_POSE: Final = _object(
    position=_VECTOR, orientation=_object(x=_NUMBER, y=_NUMBER, z=_NUMBER, w=_NUMBER)
)
_COLOUR: Final = _object(r=_NUMBER, g=_NUMBER, b=_NUMBER, a=_NUMBER)
_ENTITY: Final = _object(
    timestamp=_TIME,
    frame_id=_STRING,
    id=_STRING,
    lifetime=_TIME,
    frame_locked={'type': 'boolean'},
    metadata=_list({'type': 'object'}),
    arrows=_list({'type': 'object'}),
    cubes=_list(_object(pose=_POSE, size=_VECTOR, color=_COLOUR)),
    spheres=_list({'type': 'object'}),
    cylinders=_list({'type': 'object'}),
    lines=_list({'type': 'object'}),
    triangles=_list({'type': 'object'}),
    texts=_list(
        _object(
            pose=_POSE,
            billboard={'type': 'boolean'},
            font_size=_NUMBER,
            scale_invariant={'type': 'boolean'},
            color=_COLOUR,
            text=_STRING,
        )
    ),
    models=_list({'type': 'object'}),
)
_SCENE_UPDATE: Final = _object(deletions=_list({'type': 'object'}), entities=_list(_ENTITY))
_LOG: Final = _object(timestamp=_TIME, level={'type': 'integer'}, message=_STRING, name=_STRING)
