"""The file of codes: what it says, and how it says what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.adapters.files.integration import WrongCodes, load_codes
from fleet_manager.entry.settings import SHIPPED_MAPS

SMALL = SHIPPED_MAPS / 'small_hospital'
HOSPITAL = load_hospital(SMALL)


def test_the_example_that_comes_along_is_right() -> None:
    codes = load_codes(SMALL / 'integration.yaml', HOSPITAL)
    assert (codes.stations['2W'], codes.goods['MED']) == ('n2w', 'drug')
    assert (codes.other_ends['specimen'].way, codes.other_ends['specimen'].station) == (
        'to',
        'lab',
    )


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        ('[]', 'may have goods, other_ends, stations'),
        ('wards: {}', 'may have goods, other_ends, stations'),
        ('stations: {moon: [M]}', 'stations.moon: there is none'),
        ('goods: {drug: MED}', 'goods.drug: write its codes as a list'),
        ('goods: {drug: [1]}', 'quote it'),
        ('goods: {drug: [X], linen: [X]}', "'X' means drug already"),
        ('stations: [a]', 'stations: write'),
        ('other_ends: {gold: {from: lab}}', 'other_ends.gold: there are no such goods'),
        ('other_ends: {drug: pharmacy}', 'other_ends.drug: write {from: station}'),
        ('other_ends: {drug: {from: moon}}', "other_ends.drug.from: there is no station 'moon'"),
        ('other_ends: [drug]', 'other_ends: write'),
        ('stations: {a: &x [b]}', 'anchor'),
        ('stations: {', 'is no YAML'),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / 'integration.yaml'
    file.write_text(text)
    with pytest.raises(WrongCodes, match='integration.yaml: ') as wrong:
        load_codes(file, HOSPITAL)
    assert said in str(wrong.value)


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(WrongCodes, match='cannot be read'):
        load_codes(tmp_path / 'none.yaml', HOSPITAL)
