"""The colours of charts, light and dark, beside those of drawn maps.

After Okabe and Ito, so that they can be told apart by people who do not see all colours, and
darkened where they would be too faint on white. A colour is never the only sign.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: Name -> colour on a light sheet, colour on a dark one.
COLOURS: Final[Mapping[str, tuple[str, str]]] = {
    'ok': ('#0072b2', '#56b4e9'),
    'late': ('#d55e00', '#f0883e'),
    'late-text': ('#a84a00', '#f7a267'),
    'wait': ('#b87a00', '#e69f00'),
    'on-fill': ('#ffffff', '#08202f'),
    'bar': ('#e4e9ec', '#2d3942'),
    # what the time of a delivery was spent on
    'p-robot': ('#d55e00', '#f0883e'),
    'p-stops': ('#008a64', '#00b585'),
    'p-lift': ('#0072b2', '#3d9bdc'),
    'p-blocked': ('#c0609a', '#dd92c0'),
    'p-staff': ('#b87a00', '#e6b400'),
    'p-driving': ('#7d8a94', '#8b99a3'),
    'p-porter': ('#6a51a3', '#a99be0'),
    'p-fault': ('#1b2730', '#edf1f4'),
    # from nothing to most, and the texts on the pale half, on the middle, on the deep end
    'q0': ('#f1f4f6', '#242e36'),
    'q1': ('#dcebf5', '#20384a'),
    'q2': ('#b9d8ec', '#1f4a68'),
    'q3': ('#86bbdd', '#235f88'),
    'q4': ('#2f78ab', '#2a6f9e'),
    'q5': ('#1f6ca6', '#5aa6d8'),
    'q6': ('#0b4476', '#9fd0f0'),
    'on-pale': ('#10202b', '#edf1f4'),
    'on-middle': ('#ffffff', '#ffffff'),
    'on-deep': ('#ffffff', '#08202f'),
}


def variables(theme: int) -> str:
    """Return the colours as CSS variables; `theme` is 0 for light, 1 for dark."""
    return ''.join(f'--{name}:{both[theme]};' for name, both in COLOURS.items())
