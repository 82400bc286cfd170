"""Hospitals to draw: the shipped one, one with something of everything, one that is broken."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.maps.words import ZONE_KINDS

MAPS = Path(__file__).parents[4] / 'maps'
SMALL = MAPS / 'small_hospital'
HOSTILE = '<script>alert("&")</script>'


@pytest.fixture(scope='session')
def small() -> Hospital:
    return load_hospital(SMALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the small hospital that a test may change."""
    return Path(shutil.copytree(SMALL, tmp_path / 'small'))


@pytest.fixture
def rich(folder: Path) -> Path:
    """Return a hospital that has every kind of thing a map can have."""
    with change(folder / 'L1.yaml') as floor:
        floor['walls'] = [[[25.2, 3], [30, 3]], [[30, 3], [30, 5], [31, 5]]]
        floor['zones'] = {
            f'z-{index}': {
                'name': {'zh': f'{kind} 区', 'en': f'{kind} zone'},
                'kind': kind,
                'box': [index * 6, 17, index * 6 + 5, 23],
            }
            for index, kind in enumerate(ZONE_KINDS)
        }
        floor['zones']['z-1']['robots'] = 2
        floor['zones']['z-4']['hours'] = ['22:00-06:00']
        floor['doors'] = {
            'd1': {
                'name': {'zh': '防火门', 'en': 'Fire door'},
                'at': [4, 8.4],
                'width': 1.8,
                'kind': 'hinged',
                'automatic': False,
                'fire': True,
            },
            'd2': {'name': {'zh': '门', 'en': 'Lab door'}, 'at': [4, 15.6], 'width': 1.8},
        }
        floor['doors']['d2']['badge'] = True
        lanes = {tuple(lane['between']): lane for lane in floor['lanes']}
        lanes['s01', 's02'] |= {'door': 'd1', 'robots': ['tug'], 'width': 2.2}
        lanes['n01', 'n02'] |= {'door': 'd2', 'one_way': True}
        floor['nodes']['charge-6']['kind'] = 'cleaning'
        floor['stations']['kitchen']['name']['en'] = HOSTILE
        floor['stations']['stores']['hours'] = ['07:00-19:00']
    with change(folder / 'hospital.yaml') as hospital:
        hospital['lifts']['A'] |= {'faces': -1.5708, 'rating': 'dirty', 'access': 'public'}
        hospital['lifts']['A']['stops']['L2']['door'] = 'rear'
        del hospital['lifts']['B']['stops']['L2']
    with change(folder / 'fleet.yaml') as fleet:
        fleet['robots']['r6']['home'] = 'L1.park-1'
        shape = {'length': 0.9, 'width': 0.6, 'turning_radius': 0.5}
        fleet['types']['tug'] = {'name': {'zh': '牵引车', 'en': 'Tug'}, **shape}
    return folder


class change:  # noqa: N801
    """Open a YAML file as data and write it back."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.data = yaml.safe_load(file.read_text('utf-8'))

    def __enter__(self) -> dict:
        return self.data

    def __exit__(self, *_: object) -> None:
        text = yaml.safe_dump(self.data, allow_unicode=True, sort_keys=False)
        self.file.write_text(text, encoding='utf-8')
