"""The signs that a drawing repeats: kinds of nodes, signs beside doors, hatches of zones."""

from __future__ import annotations

from typing import Final

_BAY: Final = '<rect class="bay" x="-4.5" y="-4.5" width="9" height="9" rx="1.6"/>'
_CELL: Final = '<circle class="cell" r="4.4"/>'

_NODES: Final = {
    'way': '<circle class="dot" r="2"/>',
    'parking': _BAY + '<path class="stroke-sign" d="M-1.2 2.8V-2.8H.6A1.7 1.7 0 0 1 .6 .6H-1.2"/>',
    'charger': _BAY + '<path class="sign" d="M1 -3.6L-2.4 .6H-.3L-1 3.6L2.4 -.6H.3Z"/>',
    'cleaning': _BAY + '<path class="sign" '
    'd="M0 -3.5C1.7 -1 2.5 .1 2.5 1.2A2.5 2.5 0 0 1 -2.5 1.2C-2.5 .1 -1.7 -1 0 -3.5Z"/>',
    'station': '<rect class="solid" x="-4.8" y="-4.8" width="9.6" height="9.6" rx="2"/>'
    '<path class="on-solid" d="M-3.2 -.6H.4V-2.8L3.4 0L.4 2.8V.6H-3.2Z"/>',
    'lift_wait': _CELL + '<path class="stroke-sign" d="M-1.2 -1.8V1.8M1.2 -1.8V1.8"/>',
    'lift_exit': _CELL + '<path class="stroke-sign" d="M-2.2 0H2.2M.5 -1.8L2.2 0L.5 1.8"/>',
}

_PLATE: Final = '<rect class="plate" x="-2" y="-2" width="4" height="4" rx=".6"/>'
_DOOR_SIGNS: Final = {
    'auto': _PLATE
    + '<path class="ink-sign" d="M-1.4 0H1.4M-.7 -.7L-1.4 0L-.7 .7M.7 -.7L1.4 0L.7 .7"/>',
    'fire': _PLATE + '<path class="flame" '
    'd="M0 -1.6C.9 -.6 1.3 0 1.3 .6A1.3 1.2 0 0 1 -1.3 .6C-1.3 .1 -.7 -.2 0 -1.6Z"/>',
    'badge': _PLATE + '<path class="ink-sign" d="M-1.3 -.9H1.3V.9H-1.3ZM-1.3 -.2H1.3M-.8 .4H0"/>',
}

#: Kind of zone -> width, height and turn of one tile, and what is on it.
_HATCHES: Final = {
    'clean': (10, 10, 45, '<path class="hatch z-clean" d="M0 5H10"/>'),
    'dirty': (10, 10, -45, '<path class="hatch z-dirty" d="M0 3.5H10M0 6.5H10"/>'),
    'isolation': (16, 16, 45, '<path class="hatch z-isolation" d="M0 8H16M8 0V16"/>'),
    'public': (12, 12, 45, '<circle class="hatch z-public" cx="6" cy="6" r="1"/>'),
    'quiet': (16, 8, 0, '<path class="hatch z-quiet" d="M2 4H10"/>'),
    'no_go': (6, 6, 45, '<path class="hatch z-no_go" d="M0 3H6" stroke-width="1.6"/>'),
    'egress': (24, 12, 0, '<path class="hatch z-egress" d="M9 3L13 6L9 9"/>'),
    'refuge': (14, 14, 0, '<path class="hatch z-refuge" d="M4 7H10M7 4V10"/>'),
}


def definitions() -> str:
    """Return all signs and hatches, for the `<defs>` of a drawing."""
    signs = [_sign(f'n-{kind}', drawn) for kind, drawn in _NODES.items()]
    signs += [_sign(f's-{kind}', drawn) for kind, drawn in _DOOR_SIGNS.items()]
    signs.append(_sign('arrow', '<path class="arrow" d="M-2.4 -2.6L3 0L-2.4 2.6Z"/>'))
    for kind, (wide, high, turn, drawn) in _HATCHES.items():
        size = f'width="{wide}" height="{high}" patternUnits="userSpaceOnUse"'
        turned = f' patternTransform="rotate({turn})"' if turn else ''
        signs.append(f'<pattern id="h-{kind}" {size}{turned}>{drawn}</pattern>')
    return ''.join(signs)


def _sign(name: str, drawn: str) -> str:
    return f'<g id="{name}">{drawn}</g>'
