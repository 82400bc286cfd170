"""The colours of drawn maps, light and dark, and which kinds share one.

The calm colours are those of the pages; `high`, `medium`, `low` and `route` mean there what they
mean here. A colour is never the only sign: kinds have a shape, a hatch or a name as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from fleet_manager.domain.maps.words import FAMILIES

#: Name -> colour on a light sheet, colour on a dark one. `drawing.css` and `page.css` use these.
COLOURS: Final[Mapping[str, tuple[str, str]]] = {
    'paper': ('#f4f5f6', '#12181d'),
    'surface': ('#ffffff', '#1d262d'),
    'ink': ('#1b2730', '#edf1f4'),
    'soft': ('#46535c', '#b4c0c8'),
    'line': ('#d3d9dd', '#37444d'),
    'wall': ('#5b6870', '#8d9aa3'),
    'partition': ('#98a4ac', '#53626c'),
    'brand': ('#12405c', '#9fcbe6'),
    'primary': ('#005a8c', '#7cc0ea'),
    'wash': ('#e3eff7', '#213747'),
    'lane': ('#2b6288', '#8ebfdd'),
    'high': ('#c8102e', '#ff7d8c'),
    'on-high': ('#ffffff', '#1b0508'),
    'medium': ('#ffc20a', '#ffc20a'),
    'on-medium': ('#000000', '#000000'),
    'low': ('#00788c', '#55c3d4'),
    'done': ('#1d6b3a', '#7fcf9b'),
    'focus': ('#ffdd00', '#ffdd00'),
    # rooms
    'way': ('#ffffff', '#222c34'),
    'robots': ('#e1eef7', '#1f3a4c'),
    'care': ('#e9f1e6', '#26382b'),
    'intensive': ('#d9ebe7', '#1f3f3c'),
    'visits': ('#f0ebf5', '#352d40'),
    'medicine': ('#fbeee0', '#42331f'),
    'sterile': ('#e4eaf7', '#293350'),
    'logistics': ('#f3efd9', '#3a371f'),
    'refuse': ('#e7ddd2', '#3f3429'),
    'service': ('#edeff1', '#2b353c'),
    'vertical': ('#d5dbdf', '#3d4a53'),
    # zones
    'z-clean': ('#00788c', '#55c3d4'),
    'z-dirty': ('#8a5a2b', '#d7a06a'),
    'z-isolation': ('#8e3a80', '#dd92d0'),
    'z-public': ('#0072b2', '#77bdea'),
    'z-quiet': ('#5c6670', '#aab5bd'),
    'z-no_go': ('#c8102e', '#ff7d8c'),
    'z-fire_compartment': ('#a63a1e', '#f0987f'),
    'z-egress': ('#1d6b3a', '#7fcf9b'),
    'z-refuge': ('#2f7d12', '#9bd67c'),
    # lane groups
    'g0': ('#4f8fc4', '#4d86b5'),
    'g1': ('#d9913f', '#b97a34'),
    'g2': ('#57a37f', '#4a8f6e'),
    'g3': ('#a983bd', '#9270a5'),
    'g4': ('#bfae3a', '#9c8e33'),
    'g5': ('#9a8268', '#8a755e'),
    'g6': ('#6f86d6', '#6678bd'),
}
GROUP_COLOURS: Final = 7

_VARIABLE: Final = re.compile(r'var\(--([a-z0-9_-]+)\)')
_COMMENT: Final = re.compile(r'/\*.*?\*/\s*', re.DOTALL)


def drawing_css() -> str:
    """Return the style of a drawing, its colours still variables."""
    text = (Path(__file__).parent / 'drawing.css').read_text('utf-8')
    rooms = (f'.{family}{{fill:var(--{family})}}' for family in dict.fromkeys(FAMILIES.values()))
    groups = (f'.g{index}{{stroke:var(--g{index})}}' for index in range(GROUP_COLOURS))
    zones = (
        f'.{zone}{{stroke:var(--{zone})}}.{zone}-t{{fill:var(--{zone})}}'
        for zone in COLOURS
        if zone.startswith('z-')
    )
    return _COMMENT.sub('', text) + '\n'.join((*rooms, *zones, *groups)) + '\n'


def with_colours(css: str) -> str:
    """Replace the variables by the light colours: programs that draw SVG know no variables."""
    return _VARIABLE.sub(lambda found: COLOURS[found[1]][0], css)


def variables(theme: int) -> str:
    """Return the colours as CSS variables; `theme` is 0 for light, 1 for dark."""
    return ''.join(f'--{name}:{both[theme]};' for name, both in COLOURS.items())
