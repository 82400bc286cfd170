"""Colours: every pair that is used has the contrast people need."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fleet_manager.adapters.http import pages
from tests.contrast import contrast

STATIC = Path(pages.__file__).parent / 'static'
TOKENS = dict(re.findall(r'--([\w-]+): (#[0-9a-f]{6});', (STATIC / 'tokens.css').read_text()))

DARK = TOKENS | dict(re.findall(r'--([\w-]+): (#[0-9a-f]{6});', (STATIC / 'ward.css').read_text()))

TEXT = 4.5
GRAPHICS = 3.0
PAIRS = [
    ('ink', 'paper', TEXT),
    ('ink', 'surface', TEXT),
    ('ink-soft', 'paper', TEXT),
    ('ink-soft', 'surface', TEXT),
    ('stale', 'surface', TEXT),
    ('primary', 'surface', TEXT),
    ('primary', 'paper', TEXT),
    ('surface', 'primary', TEXT),
    ('surface', 'primary-deep', TEXT),
    ('primary-deep', 'primary-wash', TEXT),
    ('brand', 'surface', TEXT),
    ('done', 'done-wash', TEXT),
    ('done', 'paper', TEXT),
    ('black', 'medium', TEXT),
    ('ink', 'medium-wash', TEXT),
    ('ink-soft', 'medium-wash', TEXT),
    ('surface', 'high', TEXT),
    ('surface', 'low', TEXT),
    ('high', 'surface', GRAPHICS),
    ('high', 'paper', GRAPHICS),
    ('route', 'surface', GRAPHICS),
    ('route', 'surface', TEXT),
    ('route', 'paper', TEXT),
    ('route', 'bar', GRAPHICS),
    ('ink-soft', 'bar', TEXT),
    ('line-strong', 'surface', GRAPHICS),
    ('line-strong', 'paper', GRAPHICS),
    ('black', 'focus', GRAPHICS),
    ('edge', 'medium-wash', GRAPHICS),
    ('edge', 'surface', GRAPHICS),
]


@pytest.mark.parametrize(('front', 'back', 'least'), PAIRS)
def test_a_pair_of_colours_can_be_told_apart(front: str, back: str, least: float) -> None:
    assert contrast(TOKENS[front], TOKENS[back]) >= least
    assert contrast(DARK[front], DARK[back]) >= least, 'in the dark theme'


def test_the_colours_with_a_meaning_are_the_agreed_ones() -> None:
    agreed = {'high': '#c8102e', 'medium': '#ffc20a', 'low': '#00788c', 'route': '#0072b2'}
    assert {name: TOKENS[name] for name in agreed} == agreed


def test_every_token_used_exists_and_nothing_moves_by_itself() -> None:
    for path in STATIC.glob('*.css'):
        text = path.read_text()
        names = set(re.findall(r'var\(--([\w-]+)', text))
        defined = set(re.findall(r'--([\w-]+):', (STATIC / 'tokens.css').read_text()))
        assert names - defined - {'ratio'} == set(), path.name
        assert '@keyframes' not in text
        assert 'http' not in re.sub(r'/\*.*?\*/', '', text)
