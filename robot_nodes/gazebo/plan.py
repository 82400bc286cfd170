"""Drawings of a world from its SDF alone: what an engine will really build, level by level."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from robot_nodes.gazebo.plan_frame import Frame
from robot_nodes.gazebo.scene import XY, XYZ
from robot_nodes.gazebo.sdf import BEYOND, VERSION

#: A larger file is no world of a hospital.
MAX_BYTES: Final = 20 * 1024 * 1024
#: Units of the drawing to a metre.
_SCALE: Final = 20.0
_MARGIN: Final = 1.0
#: Metres above a floor that are drawn: as high as robots and counters, lower than lintels.
_SHOWN: Final = (0.1, 1.5)
#: A slider that goes farther is a walker's: where it may go is not drawn.
_LONGEST_LEAF: Final = 5.0
_FLOOR: Final = 'floor_'
_GROUND: Final = '#8f9aa3'


class NoWorld(ValueError):
    """A file is no world that can be drawn; the text is one clear sentence."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """A box or an upright cylinder in the world. `opens` is how far its joint moves it."""

    frame: Frame
    size: XYZ
    bottom: float
    colour: str
    solid: bool
    is_round: bool = False
    opens: XY = (0.0, 0.0)

    @property
    def top(self) -> float:
        return self.bottom + self.size[2]


@dataclass(slots=True)
class _Model:
    name: str
    static: bool
    at: XY
    shapes: list[_Shape] = field(default_factory=list)


def draw_world(text: str) -> dict[str, str]:
    """Return an SVG for each level of a world, by the level's name. Raises NoWorld."""
    models = list(_models(_world(text)))
    levels = {
        model.name.removeprefix(_FLOOR): max(shape.bottom + shape.size[2] for shape in slabs)
        for model in models
        if (slabs := _slabs(model))
    }
    if not levels:
        raise NoWorld('has no floors: it is no world that `fleet gazebo world` made')
    return {level: _drawing(level, elevation, models) for level, elevation in levels.items()}


def _slabs(model: _Model) -> list[_Shape]:
    """Return what one stands on in the model of a floor: its lowest boxes."""
    if not model.static or not model.name.startswith(_FLOOR) or not model.shapes:
        return []
    lowest = min(shape.bottom for shape in model.shapes)
    return [shape for shape in model.shapes if shape.bottom < lowest + 0.01]


# --- reading ---------------------------------------------------------------------------------


def _world(text: str) -> ET.Element:
    if len(text) > MAX_BYTES:
        raise NoWorld('is larger than 20 MiB')
    if '<!DOCTYPE' in text:
        raise NoWorld('has a document type, which no world needs')
    try:
        root = ET.fromstring(text)  # noqa: S314 (entities need a document type)
    except ET.ParseError as error:
        raise NoWorld(f'is no XML: {error}') from None
    world = root.find('world')
    if root.tag != 'sdf' or world is None:
        raise NoWorld('is no SDF world')
    if root.get('version') != VERSION:
        raise NoWorld(f'is SDF {root.get("version")}, not {VERSION}')
    return world


def _models(world: ET.Element) -> Iterator[_Model]:
    for element in world.iter('model'):
        at, yaw = _pose(element)
        is_static = element.findtext('static') == 'true'
        model = _Model(element.get('name', ''), is_static, (at[0], at[1]))
        place = Frame(model.at, yaw)
        moves = _moves(element)
        for link in element.iter('link'):
            above, turn = _pose(link)
            frame = Frame(place.point(above[0], above[1]), yaw + turn)
            opens = moves.get(link.get('name', ''), (0.0, 0.0))
            model.shapes += _shapes(link, frame, at[2] + above[2], opens)
        yield model


def _moves(model: ET.Element) -> dict[str, XY]:
    """Return how far the joints of leaves move their links, sideways."""
    found = {}
    for joint in model.iter('joint'):
        if joint.get('type') == 'prismatic':
            x, y, _ = _numbers(joint.findtext('axis/xyz'), 3)
            (upper,) = _numbers(joint.findtext('axis/limit/upper'), 1)
            way = upper - BEYOND
            if way < _LONGEST_LEAF:
                found[joint.findtext('child') or ''] = (x * way, y * way)
    return found


def _shapes(link: ET.Element, frame: Frame, height: float, opens: XY) -> Iterator[_Shape]:
    solid = {one.get('name') for one in link.iter('collision')}
    for visual in link.iter('visual'):
        name = visual.get('name', '').removesuffix('_seen')
        at, turn = _pose(visual)
        box, cylinder = visual.find('geometry/box'), visual.find('geometry/cylinder')
        pose = _numbers(visual.findtext('pose') or '0 0 0 0 0 0', 6)
        if box is not None:
            x, y, z = _numbers(box.findtext('size'), 3)
        elif cylinder is not None and not pose[3] and not pose[4]:
            (radius,) = _numbers(cylinder.findtext('radius'), 1)
            (z,) = _numbers(cylinder.findtext('length'), 1)
            x = y = 2 * radius
        else:
            continue
        red, green, blue, _ = _numbers(visual.findtext('material/diffuse') or '1 1 1 1', 4)
        yield _Shape(
            frame=Frame(frame.point(at[0], at[1]), frame.yaw + turn),
            size=(x, y, z),
            bottom=height + at[2] - z / 2,
            colour='#' + ''.join(f'{round(255 * part):02x}' for part in (red, green, blue)),
            solid=name in solid,
            is_round=cylinder is not None,
            opens=opens,
        )


def _pose(element: ET.Element) -> tuple[XYZ, float]:
    x, y, z, _, _, yaw = _numbers(element.findtext('pose') or '0 0 0 0 0 0', 6)
    return (x, y, z), yaw


def _numbers(text: str | None, count: int) -> list[float]:
    words = (text or '').split()
    try:
        found = [float(word) for word in words]
    except ValueError:
        found = []
    if len(found) != count or not all(map(math.isfinite, found)):
        raise NoWorld(f'has {text!r} where {count} numbers belong')
    return found


# --- drawing ---------------------------------------------------------------------------------


def _drawing(level: str, elevation: float, models: list[_Model]) -> str:
    floor = next(model for model in models if model.name == _FLOOR + level)
    slabs = _slabs(floor)
    corners = [point for slab in slabs for point in _corners(slab)]
    x0, x1 = min(x for x, _ in corners) - _MARGIN, max(x for x, _ in corners) + _MARGIN
    y0, y1 = min(y for _, y in corners) - _MARGIN, max(y for _, y in corners) + _MARGIN
    sheet = _Sheet(x0, y1)
    low, high = elevation + _SHOWN[0], elevation + _SHOWN[1]
    body = [sheet.shape(slab) for slab in slabs]
    body += [sheet.shape(one) for one in floor.shapes if not one.solid and one.top < low]
    labels = []
    for model in sorted(models, key=lambda one: not one.static):
        shown = [one for one in model.shapes if one.bottom < high and one.top > low]
        body += [sheet.shape(one) for one in sorted(shown, key=lambda one: one.solid)]
        body += [sheet.opened(one) for one in shown if one.opens != (0.0, 0.0)]
        if shown and not model.static:
            labels.append(sheet.text(model.at, model.name))
    size = (round((x1 - x0) * _SCALE), round((y1 - y0) * _SCALE))
    extent = f'width="{size[0]}" height="{size[1]}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]} {size[1]}" {extent}>',
        f'<title>{escape(level)}</title>',
        f'<rect {extent} fill="{_GROUND}"/>',
        *body,
        *labels,
        '</svg>',
    ]
    return '\n'.join(lines) + '\n'


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Turns metres into units of a drawing, whose y goes down."""

    left: float
    top: float

    def spot(self, point: XY) -> str:
        return f'{(point[0] - self.left) * _SCALE:.1f},{(self.top - point[1]) * _SCALE:.1f}'

    def shape(self, shape: _Shape) -> str:
        look = f'fill="{shape.colour}" stroke="{shape.colour}" stroke-width="0.5"'
        if shape.is_round:
            x, y = self.spot(shape.frame.at).split(',')
            return f'<circle cx="{x}" cy="{y}" r="{shape.size[0] / 2 * _SCALE:.1f}" {look}/>'
        points = ' '.join(map(self.spot, _corners(shape)))
        return f'<polygon points="{points}" {look}/>'

    def opened(self, shape: _Shape) -> str:
        """Draw where a leaf is when it is open."""
        points = ' '.join(map(self.spot, _corners(shape, shape.opens)))
        look = f'fill="none" stroke="{shape.colour}" stroke-dasharray="3 3"'
        return f'<polygon points="{points}" {look}/>'

    def text(self, at: XY, text: str) -> str:
        x, y = self.spot(at).split(',')
        look = 'font-family="sans-serif" font-size="9" text-anchor="middle" fill="#1b2730" '
        look += 'stroke="#ffffff" stroke-width="2" paint-order="stroke"'
        return f'<text x="{x}" y="{y}" dy="14" {look}>{escape(text)}</text>'


def _corners(shape: _Shape, moved: XY = (0.0, 0.0)) -> list[XY]:
    u, v = shape.size[0] / 2, shape.size[1] / 2
    x, y = moved
    return [
        shape.frame.point(x + a * u, y + b * v) for a, b in ((1, 1), (-1, 1), (-1, -1), (1, -1))
    ]
