"""Which department fills which block of the podium.

A block is named by its band, its bar and its column: `0SW` is in the band of the first tower, in
the bar south of its south street, in the west. Bars: S, K (the tower's core), N, and L between two
towers; columns W, C, E. The second tower has a programme of its own, which further towers repeat.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from fleet_manager.adapters.files.generating.basement import BASEMENT
from fleet_manager.adapters.files.generating.departments import Department
from fleet_manager.adapters.files.generating.ground import GROUND
from fleet_manager.adapters.files.generating.outpatients import OUTPATIENTS
from fleet_manager.adapters.files.generating.sheet import numbered
from fleet_manager.adapters.files.generating.treatment import TREATMENT

#: By storey: B1, F1, F2, F3.
PROGRAMME: Final = (BASEMENT, GROUND, TREATMENT, OUTPATIENTS)


def department(storey: int, band: int, place: str) -> Department | None:
    """Return what fills a block such as `SW` in a band, None where it is drawn in its own way.

    Later towers repeat the second one, with numbered codes and names.
    """
    between = place.startswith('L')
    known = PROGRAMME[storey].get(f'{0 if between else min(band, 1)}{place}')
    repeats = band if between else band - 1
    if known is None or repeats < 1:
        return known
    stops = tuple(
        replace(
            stop,
            code=f'{stop.code}{"BCD"[repeats - 1]}',
            words=numbered(stop.words, '区', repeats + 1),
        )
        for stop in known.stops
    )
    return replace(known, words=numbered(known.words, '区', repeats + 1), stops=stops)
