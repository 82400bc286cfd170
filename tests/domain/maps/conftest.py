"""A hospital small enough to keep in the head: two floors, one lift, two robots."""

from __future__ import annotations

from typing import Any

import pytest


def _name(text: str) -> dict[str, str]:
    return {'zh': f'{text}中', 'en': text}


def _floor(identity: str, level: int) -> dict[str, Any]:
    """A corridor of four nodes 4 m apart, a bay at each end, a station and a lift in between."""
    return {
        'id': identity,
        'name': _name(identity),
        'level': level,
        'elevation': 4.0 * level,
        'outline': [[-2, -4], [14, -4], [14, 8], [-2, 8]],
        'rooms': {
            'corridor': {'name': _name('Corridor'), 'kind': 'corridor', 'box': [-2, -4, 14, 3]},
        },
        'nodes': {
            'c1': {'at': [0, 0], 'kind': 'way'},
            'c2': {'at': [4, 0], 'kind': 'way'},
            'c3': {'at': [8, 0], 'kind': 'way'},
            'c4': {'at': [12, 0], 'kind': 'way'},
            'park': {'at': [0, 2], 'kind': 'parking'},
            'charge': {'at': [12, 2], 'kind': 'charger'},
            'desk': {'at': [4, -2], 'kind': 'station'},
            'wait': {'at': [5.4, 2], 'kind': 'lift_wait'},
            'exit': {'at': [6.6, 2], 'kind': 'lift_exit'},
        },
        'lanes': [
            {'between': ['c1', 'c2']},
            {'between': ['c2', 'c3'], 'door': 'gate'},
            {'between': ['c3', 'c4'], 'via': [[10, 0.5]]},
            {'between': ['c1', 'park'], 'speed': 0.4},
            {'between': ['c4', 'charge'], 'speed': 0.4},
            {'between': ['c2', 'desk'], 'speed': 0.4},
            {'between': ['c2', 'wait'], 'speed': 0.4},
            {'between': ['c3', 'exit'], 'speed': 0.4},
        ],
        'doors': {'gate': {'name': _name('Gate'), 'at': [6, 0], 'width': 1.8}},
        'stations': {
            f'desk-{identity.lower()}': {
                'code': identity,
                'name': _name(f'Desk {identity}'),
                'kind': 'ward',
                'node': 'desk',
                'phone': '8101',
                'sends': ['specimen'],
                'takes': ['specimen', 'drug'],
            }
        },
    }


@pytest.fixture
def raw() -> dict[str, Any]:
    """Plain data of a hospital nothing is wrong with."""
    return {
        'format': 1,
        'id': 'tiny',
        'name': _name('Tiny'),
        'dispatch_phone': '8000',
        'floors': [_floor('L1', 1), _floor('L2', 2)],
        'lifts': {
            'A': {
                'name': _name('Lift A'),
                'at': [6, 4.2],
                'cabin': [1.6, 2.2],
                'speed': 1.6,
                'acceleration': 0.8,
                'door_time': 3,
                'stops': {
                    'L1': {'wait': 'wait', 'exit': 'exit'},
                    'L2': {'wait': 'wait', 'exit': 'exit'},
                },
            }
        },
        'fleet': {
            'robots': {
                'r1': {'name': 'R1', 'home': 'L1.charge', 'compartments': ['c1', 'c2']},
                'r2': {'name': 'R2', 'home': 'L2.charge', 'compartments': ['c1', 'c2']},
            }
        },
    }
