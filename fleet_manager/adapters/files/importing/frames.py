"""Where the levels of a drawing lie: pixels to metres, one frame for all levels.

As rmf_traffic_editor does it: the scale of the reference level is the mean over its measurements,
y is turned up, and every other level is laid on the reference level by the fiducials they share.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fleet_manager.adapters.files.importing.report import Notebook
from fleet_manager.adapters.files.importing.rmf_read import Level, Source
from fleet_manager.domain.maps.model import Point
from fleet_manager.domain.maps.problems import BrokenMap, Problem, Severity

#: Two scales of one level that differ by more than this part are worth a look.
_SCALES_DIFFER: Final = 0.02
#: Metres. Fiducials that lie farther off than this were not set at the same place.
_FIDUCIALS_OFF: Final = 0.25
#: Metres a pixel. Beyond, a hospital would be a toy or a town: a measurement in millimetres.
_LIKELY: Final = (0.001, 0.5)
#: Measurements shorter than this, in metres, make the scale of a whole floor uncertain.
_SHORT: Final = 2.0

_Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Frame:
    """How a level lies: `scale` metres a unit, turned by `turn` radians, then moved."""

    scale: float
    turn: float
    x: float
    y: float

    def point(self, x: float, y: float) -> Point:
        """Return the place of a point of the drawing, whose y is already up, in metres."""
        cos, sin = math.cos(self.turn) * self.scale, math.sin(self.turn) * self.scale
        return Point(
            round(cos * x - sin * y + self.x, 3) + 0.0, round(sin * x + cos * y + self.y, 3) + 0.0
        )


def frames_of(source: Source, notes: Notebook, *, file: str) -> dict[str, Frame]:
    """Return the frame of every level. Raises BrokenMap if nothing tells the scale."""
    if source.metres:
        notes.note('coordinate_system', 'is cartesian_meters', 'taken as metres, y up')
        return {level.name: Frame(1.0, 0.0, 0.0, 0.0) for level in source.levels}
    reference = next(level for level in source.levels if level.name == source.reference)
    scale = _measured(reference, notes)
    if not scale:
        scales = {level.name: _measured(level, notes) for level in source.levels}
        known = [name for name, own in scales.items() if own]
        if not known:
            place = f'{file} levels.{reference.name}.measurements'
            raise BrokenMap([_no_scale(place)])
        scale = scales[known[0]]
        what = 'has no measurement that can be used'
        notes.warn(reference.name, what, f'the scale of {known[0]} is taken')
    low, high = _LIKELY
    if not low <= scale <= high:
        place = f'{reference.name}.measurements'
        what = f'make a pixel {scale:g} m'
        notes.warn(place, what, 'kept; see whether a distance was written in millimetres')
    base = Frame(scale, 0.0, 0.0, 0.0)
    return {
        level.name: base if level is reference else _laid_on(level, reference, base, notes)
        for level in source.levels
    }


def _no_scale(place: str) -> Problem:
    problem = 'no level has a measurement: the size of the building is unknown'
    mend = 'measure a long wall in traffic_editor'
    return Problem('no_scale', Severity.ERROR, place, problem, mend)


def _measured(level: Level, notes: Notebook) -> float:
    """Return the mean of metres a pixel over the measurements of a level, 0 if there is none."""
    scales, longest = [], 0.0
    for index, edge in enumerate(level.measurements):
        place = f'{level.name}.measurements[{index}]'
        a, b = level.vertices[edge.start], level.vertices[edge.end]
        pixels = math.hypot(a.x - b.x, a.y - b.y)
        metres = edge.parameters.get('distance')
        if isinstance(metres, bool) or not isinstance(metres, (int, float)) or metres <= 0:
            notes.warn(place, 'has no distance', 'left out of the scale')
        elif pixels == 0:
            notes.warn(place, 'begins where it ends', 'left out of the scale')
        else:
            scales.append(metres / pixels)
            longest = max(longest, metres)
    if not scales:
        return 0.0
    mean = sum(scales) / len(scales)
    if max(scales) - min(scales) > _SCALES_DIFFER * mean:
        what = f'differ: {min(scales):.4g} to {max(scales):.4g} m a pixel'
        notes.warn(f'{level.name}.measurements', what, f'the mean, {mean:.4g}, is taken')
    if longest < _SHORT:
        what = f'the longest is {longest:g} m: an error of 1 cm there is {1 / longest:.1f} %'
        notes.warn(f'{level.name}.measurements', what, 'taken; measure something longer')
    return mean


def _laid_on(level: Level, reference: Level, base: Frame, notes: Notebook) -> Frame:
    """Return the frame that lays a level on the reference level by their shared fiducials."""
    own = _measured(level, notes) or base.scale
    shared = [name for name in level.fiducials if name in reference.fiducials]
    here = _up(level.fiducials, shared)
    there = base.scale * _up(reference.fiducials, shared)
    if len(shared) < 2 or not np.ptp(here, axis=0).any() or not np.ptp(there, axis=0).any():
        if not shared:
            what = f'shares no fiducial with {reference.name}'
            notes.warn(level.name, what, 'laid corner on corner; see whether lifts meet')
            return Frame(own, 0.0, 0.0, 0.0)
        what = f'shares only one fiducial with {reference.name}'
        notes.warn(level.name, what, 'moved there, neither turned nor scaled')
        x, y = there[0] - own * here[0]
        return Frame(own, 0.0, float(x), float(y))
    frame = _similarity(here, there)
    if abs(frame.scale - own) > _SCALES_DIFFER * own:
        what = f'its fiducials make a pixel {frame.scale:.4g} m, its measurements {own:.4g} m'
        notes.warn(level.name, what, 'the fiducials are taken, so that lifts meet')
    off = max(
        math.dist((place.x, place.y), goal)
        for place, goal in zip((frame.point(*one) for one in here), there, strict=True)
    )
    if off > _FIDUCIALS_OFF:
        notes.warn(level.name, f'its fiducials lie up to {off:.2f} m off', 'the best fit is taken')
    return frame


def _up(fiducials: Mapping[str, tuple[float, float]], names: list[str]) -> _Points:
    """Return the points as rows, y turned up."""
    points = np.array([fiducials[name] for name in names], dtype=float).reshape(-1, 2)
    points[:, 1] *= -1.0
    return points


def _similarity(here: _Points, there: _Points) -> Frame:
    """Return the turn, scale and move that bring `here` nearest to `there` in least squares.

    Umeyama 1991 in the plane, with complex numbers: the factor is scale and turn in one.
    """
    one, other = (points[:, 0] + 1j * points[:, 1] for points in (here, there))
    one_mean, other_mean = one.mean(), other.mean()
    factor = np.vdot(one - one_mean, other - other_mean) / np.vdot(one - one_mean, one - one_mean)
    move = other_mean - factor * one_mean
    return Frame(float(abs(factor)), float(np.angle(factor)), float(move.real), float(move.imag))
