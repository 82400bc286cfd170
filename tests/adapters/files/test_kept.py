"""Maps kept for a restart: whole or not at all, and the right one."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.adapters.files.kept import KEPT, KeptMaps, MapNotKept
from fleet_manager.domain.errors import MapError
from tests.hospitals import corridor, loop

SMALL = Path(__file__).parents[3] / 'maps' / 'small_hospital'


def test_a_map_that_was_kept_is_read_back_as_it_was(tmp_path: Path) -> None:
    house = load_hospital(SMALL)
    KeptMaps(tmp_path / 'maps').keep(house)
    assert KeptMaps(tmp_path / 'maps').load(house.version) == house


def test_a_map_that_was_never_kept_is_said_with_its_file(tmp_path: Path) -> None:
    with pytest.raises(MapError, match=r'0123456789abcdef\.json: cannot be read: No such file'):
        KeptMaps(tmp_path).load('0123456789abcdef')


@pytest.mark.parametrize('version', ['', '../../etc/passwd', 'x' * 80])
def test_what_is_no_version_is_no_file_either(tmp_path: Path, version: str) -> None:
    with pytest.raises(MapError, match='no version'):
        KeptMaps(tmp_path).load(version)


@pytest.mark.parametrize('text', ['', '{', '[]', '{"id": 1}'])
def test_a_damaged_file_is_a_map_error(tmp_path: Path, text: str) -> None:
    house = loop()
    (tmp_path / f'{house.version}.json').write_text(text)
    with pytest.raises(MapError):
        KeptMaps(tmp_path).load(house.version)


def test_a_file_under_another_name_is_not_taken_for_it(tmp_path: Path) -> None:
    maps, house, other = KeptMaps(tmp_path), loop(), corridor()
    maps.keep(other)
    (tmp_path / f'{other.version}.json').rename(tmp_path / f'{house.version}.json')
    with pytest.raises(MapError, match=other.version):
        maps.load(house.version)


def test_a_disk_that_refuses_is_said_and_leaves_the_old_map(tmp_path: Path) -> None:
    place = tmp_path / 'file'
    place.write_text('not a folder')
    with pytest.raises(MapNotKept, match='cannot be written'):
        KeptMaps(place).keep(loop())


def test_the_oldest_maps_go_but_never_one_that_is_needed(tmp_path: Path) -> None:
    names = [f'{number:016x}' for number in range(KEPT + 5)]
    for age, name in enumerate(names):
        (tmp_path / f'{name}.json').write_text(json.dumps({}))
        os.utime(tmp_path / f'{name}.json', (1_000 + age, 1_000 + age))
    KeptMaps(tmp_path).forget_old(needed={names[0]})
    left = sorted(file.stem for file in tmp_path.iterdir())
    assert left == [names[0], *names[5:]]
