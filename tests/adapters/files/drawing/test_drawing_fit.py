"""A name stands inside its room, on nothing else, or nowhere."""

from __future__ import annotations

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from fleet_manager.adapters.files.drawing.fit import Clearance, fit, width_of, wrapped

SIZES = (9.0, 7.0, 5.0)
numbers = st.floats(0, 200, allow_nan=False)


def box(left: float, top: float, right: float, bottom: float) -> list[tuple[float, float]]:
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def test_a_short_name_stands_in_the_middle_as_large_as_it_may() -> None:
    label = fit(box(0, 0, 100, 40), 'Ward', Clearance([]), sizes=SIZES)
    assert label is not None
    assert label.lines == (('Ward', 50, 20),)
    assert label.size == 9.0


def test_a_name_is_broken_between_words_and_chinese_anywhere() -> None:
    label = fit(box(0, 0, 60, 60), 'Doctors office', Clearance([]), sizes=SIZES)
    assert label is not None
    assert [line for line, _, _ in label.lines] == ['Doctors', 'office']
    label = fit(box(0, 0, 24, 60), '护士站', Clearance([]), sizes=SIZES)
    assert label is not None
    assert not label.turned
    assert ''.join(line for line, _, _ in label.lines) == '护士站'


def test_in_a_narrow_room_a_name_is_turned_and_without_space_there_is_none() -> None:
    label = fit(box(0, 0, 16, 80), 'Electrical', Clearance([]), sizes=SIZES)
    assert label is not None
    assert label.turned
    assert fit(box(0, 0, 12, 12), 'Electrical', Clearance([]), sizes=SIZES) is None


@given(
    corners=st.tuples(numbers, numbers, numbers, numbers),
    taken=st.lists(st.tuples(numbers, numbers, numbers, numbers), max_size=6),
    text=st.sampled_from(
        ['Ward', 'Central kitchen', '营养厨房', 'Cardiology nurse station', 'A 区']
    ),
)
def test_a_name_never_leaves_its_room_nor_covers_anything(
    corners: tuple[float, float, float, float],
    taken: list[tuple[float, float, float, float]],
    text: str,
) -> None:
    x1, y1, x2, y2 = corners
    room = [(x1, y1), (x2 + 1, y1), (x2 + 1, y2 + 1), ((x1 + x2) / 2, (y1 + y2) / 2)]
    shape = shapely.Polygon(room)
    if not shape.is_valid or shape.area < 1:
        return
    boxes = [(min(a, c), min(b, d), max(a, c), max(b, d)) for a, b, c, d in taken]
    label = fit(room, text, Clearance(boxes), sizes=SIZES)
    if label is None:
        return
    own = shapely.box(*label.box)
    assert shape.buffer(1e-6).contains(own)
    assert all(own.intersection(shapely.box(*one)).area < 1e-6 for one in boxes)


@pytest.mark.parametrize('widest', [0.1, 3.0, 100.0])
def test_wrapping_loses_no_letter(widest: float) -> None:
    text = 'Intensive care 重症监护 A-12'
    lines = wrapped(text, widest)
    assert ''.join(lines).replace(' ', '') == text.replace(' ', '')
    assert all(width_of(line) <= max(widest, width_of('Intensive')) for line in lines)
