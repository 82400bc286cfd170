"""What stands beside the floors: the key, which lift stops where, the list of problems."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from fleet_manager.adapters.files.drawing import tips
from fleet_manager.adapters.files.drawing.fit import width_of, wrapped
from fleet_manager.adapters.files.drawing.marks import Mark
from fleet_manager.adapters.files.drawing.pen import num
from fleet_manager.adapters.files.drawing.words import Lang, word
from fleet_manager.domain.maps.model import Floor, Hospital, NodeKind
from fleet_manager.domain.maps.problems import Severity
from fleet_manager.domain.maps.words import FAMILIES, ZONE_KINDS

#: A sign of the key, 26 x 16 points around its middle, and what it means.
Entry = tuple[str, str]
#: Points.
ROW: Final = 21.0
_TEXT: Final = 13.0
#: Problems in a picture; a page and the checker list all.
MOST_LISTED: Final = 40
_BOX: Final = 'x="-13" y="-8" width="26" height="16"'


def entries(
    hospital: Hospital, floors: Sequence[Floor], lang: Lang, *, resources: bool
) -> list[list[Entry]]:
    """Return the key for what is on these floors, in groups."""
    ids = {floor.id for floor in floors}
    families = {FAMILIES[room.kind] for floor in floors for room in floor.rooms}
    zones = {f'z-{zone.kind}' for floor in floors for zone in floor.zones}
    kinds = {node.kind for node in hospital.nodes.values() if node.floor in ids}
    rooms = [
        (f'<rect class="{one} swatch" {_BOX}/>', word(one, lang))
        for one in dict.fromkeys(FAMILIES.values())
        if one in families
    ]
    areas = [
        (_zone_sign(kind), word(f'z-{kind}', lang)) for kind in ZONE_KINDS if f'z-{kind}' in zones
    ]
    places = [
        (f'<use href="#n-{kind}" transform="scale(1.7)"/>', word(f'n-{kind}', lang))
        for kind in NodeKind
        if kind in kinds
    ]
    ways = _way_entries(hospital, floors, lang)
    lifts = _lift_entries(hospital, lang)
    held = _resource_entries(lang) if resources else []
    return [group for group in (rooms, areas, places, ways, [*lifts, *held]) if group]


def draw_key(groups: Sequence[Sequence[Entry]]) -> tuple[str, float, float]:
    """Return the key with its groups as columns, and its width and height in points."""
    drawn, x = [], 0.0
    for group in groups:
        widest = max(width_of(text) for _, text in group) * _TEXT
        for row, (sign, text) in enumerate(group):
            y = row * ROW + ROW / 2
            drawn.append(f'<g transform="translate({num(x + 13)} {num(y)})">{sign}</g>')
            drawn.append(_line(x + 36, y, _TEXT, text))
        x += 36 + widest + 34
    return ''.join(drawn), x, max(map(len, groups), default=0) * ROW


def lift_table(hospital: Hospital, lang: Lang) -> tuple[str, float, float]:
    """Return which lift stops where, and its width and height in points; nothing without lifts."""
    if not hospital.lifts:
        return '', 0.0, 0.0
    floors = sorted(hospital.floors.values(), key=lambda floor: -floor.level)
    rows = {floor.id: 40.0 + index * 17.0 for index, floor in enumerate(floors)}
    left = 16 + max(width_of(floor.id) for floor in floors) * 12.0
    step = max(30.0, 12.0 + max(width_of(lift.id) for lift in hospital.lifts.values()) * 11.0)
    wide = left + len(hospital.lifts) * step
    drawn = [_line(0, 6, _TEXT, word('section', lang), kind='title')]
    for floor in floors:
        y = rows[floor.id]
        drawn.append(f'<path class="slab" d="M{num(left - 8)} {num(y)}H{num(wide)}"/>')
        drawn.append(_line(0, y, 12.0, floor.id, kind='sub'))
    for index, lift in enumerate(hospital.lifts.values()):
        x = left + (index + 0.5) * step - 8
        stops = tips.by_level(hospital, lift)
        drawn.append(_line(x, 24.0, 11.0, lift.id, kind='mid'))
        if lift.rating != 'any':
            badge = word(f'{lift.rating}_badge', lang)
            drawn.append(
                _line(x + step / 2 - 4.0, 24.0, 9.0, badge, kind=f'z-{lift.rating}-t mid title')
            )
        if stops:
            span = f'M{num(x)} {num(rows[stops[-1].floor])}V{num(rows[stops[0].floor])}'
            drawn.append(f'<path class="shaft {lift.rating}" d="{span}"/>')
        for stop in stops:
            kind = 'stop' if stop.door == 'front' else 'stop rear'
            spot = f'cx="{num(x)}" cy="{num(rows[stop.floor])}"'
            drawn.append(f'<circle class="{kind}" {spot} r="4.4"/>')
    longest = max(wide, width_of(word('section', lang)) * _TEXT * 1.05)
    return ''.join(drawn), longest, max(rows.values()) + 14


def draw_problems(marks: Sequence[Mark], lang: Lang, wide: float) -> tuple[str, float]:
    """Return the list of problems, `wide` points across, and its height."""
    title = f'{word("problems", lang)} ({len(marks)})' if marks else word('no_problems', lang)
    drawn = [_line(0, 8, 16.0, title, kind='title')]
    columns = 2
    across = (wide - 40.0) / columns
    blocks = [_problem(mark, lang, across) for mark in marks[:MOST_LISTED]]
    half = sum(high for _, high in blocks) / columns
    x, y, lowest = 0.0, 30.0, 30.0
    for block, high in blocks:
        if x == 0.0 and y - 30.0 >= half:
            x, y = across + 40.0, 30.0
        drawn.append(f'<g transform="translate({num(x)} {num(y)})">{block}</g>')
        y += high
        lowest = max(lowest, y)
    if len(marks) > MOST_LISTED:
        more = word('more', lang, n=len(marks) - MOST_LISTED)
        drawn.append(_line(0, lowest + 8, _TEXT, more, kind='sub'))
        lowest += ROW
    return ''.join(drawn), lowest


def mark_sign(mark: Mark) -> str:
    """Return the numbered sign of a problem, around 0, 0 in points: errors are round."""
    size = 11.0 if mark.number < 100 else 9.0
    shape = '<circle class="mark-error" r="10.5"/>'
    if mark.problem.severity is Severity.WARNING:
        shape = '<rect class="mark-warning" x="-10" y="-10" width="20" height="20" rx="3"/>'
    text = f'<text class="mark-text" y="{num(size * 0.36)}" font-size="{num(size)}">'
    return f'{shape}{text}{mark.number}</text>'


def _problem(mark: Mark, lang: Lang, wide: float) -> tuple[str, float]:
    problem = mark.problem
    head = f'{word(problem.severity, lang)} · {problem.code} · {place_of(mark)}'
    texts = wrapped(f'{problem.problem}; {problem.mend}', (wide - 34) / _TEXT)
    drawn = [f'<g transform="translate(11 10)">{mark_sign(mark)}</g>']
    heads = wrapped(head, (wide - 34) / _TEXT / 1.08)
    for row, text in enumerate((*heads, *texts)):
        kind = 'title' if row < len(heads) else 'sub'
        drawn.append(_line(34, 10 + row * 18.0, _TEXT, text, kind=kind))
    return ''.join(drawn), 18.0 * (len(heads) + len(texts)) + 12.0


def place_of(mark: Mark) -> str:
    """Return the file, line and field of a problem, without the folders before the file."""
    file, space, field = mark.problem.place.partition(' ')
    return file.replace('\\', '/').rpartition('/')[2] + space + field


def _zone_sign(kind: str) -> str:
    fill = 'none' if kind == 'fire_compartment' else f'url(#h-{kind})'
    return f'<rect class="zone z-{kind}" fill="{fill}" {_BOX}/>'


def _way_entries(hospital: Hospital, floors: Sequence[Floor], lang: Lang) -> list[Entry]:
    """Return the key of the lanes and doors that are there."""
    ids = {floor.id for floor in floors}
    lanes = [lane for lane in hospital.lanes.values() if lane.floor in ids]
    doors = [door for door in hospital.doors.values() if door.floor in ids]
    line = 'd="M-13 0H13" stroke-width="2"'
    arrow = '<use href="#arrow" transform="scale(1.6)"/>'
    leaf = '<path class="leaf" d="M-11 -1.4H1M-1 1.4H11" stroke-width="2"/>'
    hinged = '<path class="leaf" d="M-6 6V-7"/><path class="swing" d="M-6 -7A13 13 0 0 1 7 6"/>'
    possible = (
        (bool(lanes), f'<path class="lane" {line}/>', 'lane'),
        (any(one.one_way for one in lanes), f'<path class="lane" {line}/>{arrow}', 'one_way'),
        (any(one.robots for one in lanes), f'<path class="lane some" {line}/>', 'restricted'),
        (any(one.kind == 'sliding' for one in doors), leaf, 'd-sliding'),
        (any(one.kind == 'hinged' for one in doors), hinged, 'd-hinged'),
        (any(one.automatic for one in doors), _plate('auto'), 'automatic'),
        (any(one.fire for one in doors), _plate('fire'), 'fire'),
        (any(one.badge for one in doors), _plate('badge'), 'badge'),
    )
    return [(sign, word(key, lang)) for shown, sign, key in possible if shown]


def _lift_entries(hospital: Hospital, lang: Lang) -> list[Entry]:
    lifts = hospital.lifts.values()
    car = '<rect class="car" x="-8" y="-8" width="16" height="16" rx="1"/>'
    car += '<path class="cross" d="M-8 -8L8 8M-8 8L8 -8"/><path class="car-door" d="M-8 7.5H8"/>'

    def badge(kind: str) -> str:
        letter = word(f'{kind}_badge', lang)
        text = f'<text class="badge-text" y="3.8" font-size="10.5">{letter}</text>'
        return f'<circle class="badge {kind}" r="7.5"/>{text}'

    possible = (
        (bool(lifts), car, 'lift_key'),
        (any(one.rating == 'clean' for one in lifts), badge('clean'), 'clean_key'),
        (any(one.rating == 'dirty' for one in lifts), badge('dirty'), 'dirty_key'),
        (any(one.access == 'public' for one in lifts), badge('public'), 'public_key'),
    )
    return [(sign, word(key, lang)) for shown, sign, key in possible if shown]


def _resource_entries(lang: Lang) -> list[Entry]:
    group = '<path class="group g0" d="M-13 0H0"/><path class="group g1" d="M0 0H13"/>'
    tie = '<path class="tie" d="M-9 0H9"/><circle class="knot" cx="-9" r="2.4"/>'
    tie += '<circle class="knot" cx="9" r="2.4"/>'
    ring = '<circle class="ring" r="6.5"/><circle class="dot" r="3"/>'
    return [
        (group + '<path class="lane" d="M-13 0H13"/>', word('group', lang)),
        (tie, word('conflict', lang)),
        (ring, word('articulation', lang)),
    ]


def _plate(sign: str) -> str:
    return f'<use href="#s-{sign}" transform="scale(3.4)"/>'


def _line(x: float, y: float, size: float, text: str, *, kind: str = '') -> str:
    cls = f' class="{kind}"' if kind else ''
    place = f'x="{num(x)}" y="{num(y + size * 0.35)}"'
    return f'<text{cls} {place} font-size="{num(size)}">{escape(text)}</text>'
