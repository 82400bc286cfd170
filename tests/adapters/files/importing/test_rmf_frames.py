"""Scale, and how levels lie on each other."""

from __future__ import annotations

import math

import pytest

from fleet_manager.domain.maps.problems import BrokenMap
from tests.adapters.files.importing.sketch import (
    Sketch,
    errors,
    hospital,
    imported,
    ring,
    said,
    text_of,
)


def test_the_scale_is_the_mean_over_the_measurements_and_y_is_up() -> None:
    sketch = Sketch()
    nodes = ring(sketch)
    sketch.measure(nodes[0], nodes[2], 22.0)
    result = imported(sketch.text)
    node = hospital(result).nodes[f'L1.v{nodes[3]}']  # type: ignore[index]
    assert (node.x, node.y) == pytest.approx((21.0, 12.6))
    assert said(result, 'differ: 0.1 to 0.11 m a pixel; the mean, 0.105, is taken')


def test_a_scale_from_one_short_measurement_is_doubted() -> None:
    sketch = Sketch()
    ring(sketch)
    sketch.level['measurements'] = []
    sketch.measure(0, sketch.vertex(0.7, -50.0), 0.7)
    assert said(imported(sketch.text), 'the longest is 0.7 m')


def test_a_measurement_without_length_or_distance_is_left_out_of_the_scale() -> None:
    sketch = Sketch()
    ring(sketch)
    sketch.measure(0, 0, 5.0)
    sketch.measure(0, 1, 0.0)
    result = imported(sketch.text)
    assert errors(result) == set()
    assert said(result, 'L1.measurements[1]: begins where it ends')
    assert said(result, 'L1.measurements[2]: has no distance')


def test_without_any_measurement_there_is_no_map() -> None:
    sketch = Sketch()
    ring(sketch)
    sketch.level['measurements'] = []
    with pytest.raises(BrokenMap, match='no level has a measurement') as caught:
        imported(sketch.text)
    assert caught.value.place == 'sketch.building.yaml levels.L1.measurements'


def test_a_level_without_a_measurement_takes_the_scale_of_another() -> None:
    bare, measured = Sketch(), Sketch('L2', elevation=4.0)
    ring(bare)
    ring(measured)
    bare.level['measurements'] = []
    result = imported(text_of(bare, measured))
    assert said(result, 'the scale of L2 is taken')
    assert hospital(result).nodes['L1.v8'].x == 20.0  # type: ignore[index]


def test_millimetres_for_metres_are_found() -> None:
    sketch = Sketch()
    ring(sketch)
    sketch.level['measurements'] = []
    sketch.measure(0, 1, 10_000.0)
    with pytest.raises(BrokenMap, match='written in millimetres'):
        imported(sketch.text)


def turned(sketch: Sketch, angle: float, scale: float, x: float, y: float) -> None:
    """Draw a level turned, in another scale and moved, as another picture would have it."""
    for key in ('vertices', 'fiducials'):
        for point in sketch.level[key]:
            px, py = point[0], -point[1]
            point[0] = scale * (math.cos(angle) * px - math.sin(angle) * py) + x
            point[1] = -(scale * (math.sin(angle) * px + math.cos(angle) * py) + y)


def test_other_levels_are_laid_on_the_reference_level_by_shared_fiducials() -> None:
    levels = [Sketch(), Sketch('L2', elevation=4.0)]
    for level in levels:
        ring(level)
        for name, at in (('a', (0.0, 0.0)), ('b', (20.0, 0.0)), ('c', (20.0, 12.0))):
            level.fiducial(*at, name)
    turned(levels[1], 0.4, 2.0, 300.0, -70.0)
    found = hospital(imported(text_of(*levels)))
    for floor in ('L1', 'L2'):
        at = [(own.x, own.y) for own in found.nodes.values() if own.id == f'{floor}.v9']
        assert at == [pytest.approx((20.0, 12.0), abs=0.002)]


def test_another_reference_level_keeps_its_own_frame() -> None:
    levels = [Sketch(), Sketch('L2', elevation=4.0)]
    for level in levels:
        ring(level)
        level.fiducial(0.0, 0.0, 'a')
        level.fiducial(20.0, 0.0, 'b')
    turned(levels[0], 0.0, 1.0, 100.0, 0.0)
    found = hospital(imported(text_of(*levels, reference_level_name='L2')))
    assert found.nodes['L1.v6'].x == found.nodes['L2.v6'].x == 0.0  # type: ignore[index]


@pytest.mark.parametrize(
    ('shared', 'words'),
    [
        ((), 'shares no fiducial with L1'),
        ((('a', (0.0, 0.0)),), 'shares only one fiducial with L1'),
        ((('a', (5.0, 5.0)), ('b', (5.0, 5.0))), 'shares only one fiducial with L1'),
    ],
)
def test_too_few_shared_fiducials_are_noted(
    shared: tuple[tuple[str, tuple[float, float]], ...], words: str
) -> None:
    levels = [Sketch(), Sketch('L2', elevation=4.0)]
    for level in levels:
        ring(level)
        for name, at in shared:
            level.fiducial(*at, name)
    assert said(imported(text_of(*levels)), words)


def test_fiducials_that_do_not_fit_are_noted() -> None:
    levels = [Sketch(), Sketch('L2', elevation=4.0)]
    for level, shift in zip(levels, (0.0, 3.0), strict=True):
        ring(level)
        for name, at in (('a', (0.0, 0.0)), ('b', (20.0, 0.0)), ('c', (20.0, 12.0 + shift))):
            level.fiducial(*at, name)
    result = imported(text_of(*levels))
    assert said(result, 'm off; the best fit is taken')
    assert said(result, 'the fiducials are taken, so that lifts meet')


def test_levels_are_counted_from_the_lowest() -> None:
    upper, lower = Sketch('Up', elevation=4.0), Sketch('Down', elevation=0.0)
    ring(upper)
    ring(lower)
    floors = hospital(imported(text_of(upper, lower))).floors.values()
    assert [(own.id, own.level, own.elevation) for own in floors] == [
        ('Down', 1, 0.0),
        ('Up', 2, 4.0),
    ]


def test_metres_are_taken_as_they_are() -> None:
    sketch = Sketch()
    ring(sketch)
    for vertex in sketch.level['vertices']:
        vertex[0], vertex[1] = vertex[0] / 10, -vertex[1] / 10
    result = imported(text_of(sketch, coordinate_system='cartesian_meters'))
    node = hospital(result).nodes['L1.v9']  # type: ignore[index]
    assert (node.x, node.y) == (20.0, 12.0)
    with pytest.raises(BrokenMap, match='export it as reference_image'):
        imported(text_of(sketch, coordinate_system='web_mercator'))
