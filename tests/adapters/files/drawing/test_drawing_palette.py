"""Drawn maps can be read by light and in the dark: every pair of colours has its contrast."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fleet_manager.adapters.files import drawing
from fleet_manager.adapters.files.drawing.palette import (
    COLOURS,
    FAMILIES,
    drawing_css,
    with_colours,
)
from fleet_manager.domain.maps.words import CLOSED_ROOMS, OPEN_ROOMS, ZONE_KINDS
from tests.contrast import contrast

ROOMS = sorted(set(FAMILIES.values()))
ZONES = [f'z-{kind}' for kind in ZONE_KINDS]
TEXT, GRAPHICS = 4.5, 3.0
PAIRS = [
    *(('soft', room, TEXT) for room in ROOMS),
    *(('ink', back, TEXT) for back in ('paper', 'surface', 'way')),
    *(('soft', back, TEXT) for back in ('paper', 'surface')),
    *((zone, 'surface', TEXT) for zone in ZONES),
    ('primary', 'surface', TEXT),
    ('brand', 'surface', TEXT),
    ('brand', 'wash', TEXT),
    ('on-high', 'high', TEXT),
    ('on-medium', 'medium', TEXT),
    ('surface', 'primary', GRAPHICS),
    *((front, 'way', GRAPHICS) for front in ('lane', 'primary', 'high', 'ink')),
    ('wall', 'surface', GRAPHICS),
    ('wall', 'paper', GRAPHICS),
]


@pytest.mark.parametrize('theme', [0, 1], ids=['light', 'dark'])
@pytest.mark.parametrize(('front', 'back', 'least'), PAIRS)
def test_what_is_drawn_can_be_told_from_its_ground(
    front: str, back: str, least: float, theme: int
) -> None:
    assert contrast(COLOURS[front][theme], COLOURS[back][theme]) >= least


def test_every_kind_of_room_and_zone_has_a_colour() -> None:
    assert set(FAMILIES) == {*OPEN_ROOMS, *CLOSED_ROOMS}
    assert set(ZONES) <= set(COLOURS)


def test_every_colour_that_is_used_exists_and_a_picture_has_no_variables() -> None:
    page = (Path(drawing.__file__).parent / 'page.css').read_text('utf-8')
    names = set(re.findall(r'var\(--([\w-]+)', drawing_css() + page))
    assert names - set(COLOURS) == {'k', 'point'}
    assert 'var(' not in with_colours(drawing_css())


def test_the_colours_with_a_meaning_are_those_of_the_pages() -> None:
    tokens = Path(drawing.__file__).parents[2] / 'http' / 'static' / 'tokens.css'
    page = dict(re.findall(r'--([\w-]+): (#[0-9a-f]{6});', tokens.read_text('utf-8')))
    same = ('paper', 'surface', 'ink', 'line', 'brand', 'primary', 'high', 'medium', 'low', 'done')
    assert {name: COLOURS[name][0] for name in same} == {name: page[name] for name in same}
