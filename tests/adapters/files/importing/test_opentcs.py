"""Plant models of openTCS: what they become, what is listed, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_manager.adapters.files.importing.opentcs import import_opentcs
from fleet_manager.domain.maps.check import check_hospital
from fleet_manager.domain.maps.model import NodeKind
from fleet_manager.domain.maps.problems import BrokenMap
from tests.adapters.files.importing.sketch import codes, errors, hospital, said

POINTS = {
    'A': (0, 0, 'HALT_POSITION'),
    'P1': (5000, 0, 'PARK_POSITION'),
    'B': (10000, 0, 'HALT_POSITION'),
    'W': (10000, 4000, 'HALT_POSITION'),
    'C': (10000, 8000, 'HALT_POSITION'),
    'D': (0, 8000, 'HALT_POSITION'),
}
REST = """\
<vehicle name="V-01"><boundingBox length="700" width="500" height="900"/>
<property name="tcs:preferredParkingPosition" value="P1"/></vehicle>
<locationType name="Ward">
<allowedOperation name="Load"/><allowedOperation name="Unload"/></locationType>
<locationType name="Hatch"><allowedOperation name="Load"/></locationType>
<locationType name="Battery"><allowedOperation name="Charge"/></locationType>
<location name="Ward 1" positionX="1" positionY="2" type="Ward">
<link point="W"/></location>
<location name="Pharmacy" positionX="1" positionY="2" type="Hatch">
<link point="D"/></location>
<location name="Charge 1" positionX="1" positionY="2" type="Battery">
<link point="A"/></location>
<block name="B1" type="SINGLE_VEHICLE_ONLY"><member name="A"/><member name="B"/></block>
<visualLayout name="V" scaleX="50.0" scaleY="50.0"><layer id="0"/><layer id="1"/></visualLayout>
"""


def point(name: str, x: int, y: int, kind: str = 'HALT_POSITION', z: int = 0) -> str:
    return (
        f'<point name="{name}" positionX="{x}" positionY="{y}" positionZ="{z}" '
        f'vehicleOrientationAngle="NaN" type="{kind}"><pointLayout layerId="0"/></point>\n'
    )


def path(a: str, b: str, **given: Any) -> str:
    given = {'maxVelocity': 1000, 'maxReverseVelocity': 0, 'locked': 'false', **given}
    words = ' '.join(f'{key}="{value}"' for key, value in given.items())
    ends = f'name="{a} --- {b}" sourcePoint="{a}" destinationPoint="{b}"'
    return f'<path {ends} {words}><pathLayout connectionType="DIRECT" layerId="0"/></path>\n'


def model(more: str = '', rest: str = REST, **given: Any) -> str:
    """Return a one-way ring with a parking point, two stations and a charger on it."""
    points = ''.join(point(name, x, y, kind) for name, (x, y, kind) in POINTS.items())
    names = list(POINTS)
    ring = ''.join(path(a, b, **given) for a, b in zip(names, [*names[1:], names[0]], strict=True))
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<model version="7.0.0" name="Ring">\n'
    return f'{head}{points}{ring}{rest}{more}</model>\n'


def imported(text: str, **options: Any) -> Any:
    return import_opentcs(text, name='ring.xml', **options)


def test_a_plant_becomes_a_map_robots_can_work_on() -> None:
    result = imported(model())
    assert codes(result) == set()
    found = hospital(result)
    assert found.id == 'ring'
    node = found.nodes['L1.C']  # type: ignore[index]
    assert (node.x, node.y) == (10.0, 8.0)
    kinds = [own.kind for own in found.nodes.values()]
    assert kinds.count(NodeKind.STATION) == 2
    assert kinds.count(NodeKind.CHARGER) == 1
    assert kinds.count(NodeKind.PARKING) == 1


def test_paths_are_one_way_unless_they_may_be_driven_backwards() -> None:
    ring = [own for own in hospital(imported(model())).lanes.values() if own.one_way]
    assert len(ring) == 6
    assert {own.speed for own in ring} == {1.0}
    both = imported(model(maxReverseVelocity=500))
    assert not any(own.one_way for own in hospital(both).lanes.values())
    assert said(both, 'may be driven backwards; open both ways')


def test_paths_there_and_back_are_one_lane() -> None:
    back = ''.join(path(b, a) for a, b in zip(list(POINTS), [*list(POINTS)[1:], 'A'], strict=True))
    found = hospital(imported(model(back)))
    assert not any(own.one_way for own in found.lanes.values())


def test_operations_say_what_a_station_sends_and_takes() -> None:
    stations = hospital(imported(model())).stations
    assert stations['Pharmacy'].takes == ()  # type: ignore[index]
    assert stations['Pharmacy'].sends == ('drug', 'supply')  # type: ignore[index]
    assert stations['Ward-1'].kind == 'ward'  # type: ignore[index]


def test_a_vehicle_has_its_size_and_lives_where_it_is_said_to_park() -> None:
    found = hospital(imported(model()))
    robot = next(iter(found.robots.values()))
    assert (robot.id, robot.home) == ('V_01', 'L1.P1')
    make = found.types[robot.type]
    assert (make.length, make.width, make.turning_radius) == (0.7, 0.5, 0.43)


def test_larger_vehicles_get_more_room() -> None:
    result = imported(model().replace('length="700" width="500"', 'length="1400" width="800"'))
    assert errors(result) == set()


def test_a_vehicle_of_no_size_is_a_standard_robot() -> None:
    result = imported(model().replace('length="700" width="500"', 'length="90000" width="1"'))
    assert said(result, 'has no size a robot has; taken as 0.6 x 0.5 m')


@pytest.mark.parametrize(
    ('more', 'words'),
    [
        (point('X', 1, 20000), 'point "X": is on no path; left out'),
        (path('A', 'C', locked='true'), 'path "A --- C": is locked; left out'),
        (path('A', 'A'), 'path "A --- A": begins where it ends; left out'),
        (point('U', 0, 0, z=4000) + path('A', 'U'), 'leads from one floor to another; left out'),
        (point('U', 0, 0, z=4000) + path('A', 'U'), 'add them'),
        (point('R', 1, 1, 'REPORT_POSITION'), 'is a report position'),
        (
            '<location name="L" positionX="1" positionY="1" type="Ward"/>',
            'location "L": is linked to no point; left out',
        ),
        ('<property name="k" value="v"/>', "property 'k'; not carried over"),
        ('<novelty name="k"/>', '<novelty>: is unknown; not carried over'),
        (
            path('A', 'C').replace('DIRECT', 'BEZIER'),
            'is drawn as BEZIER; made straight',
        ),
        ('', 'block "B1": holds 2 members; not carried over'),
        ('', 'has 2 layers'),
        ('', 'openTCS draws no walls'),
    ],
)
def test_what_is_not_carried_over_is_listed(more: str, words: str) -> None:
    assert said(imported(model(more)), words)


def test_heights_far_apart_are_floors() -> None:
    upper = point('U1', 0, 0, z=4000) + point('U2', 9000, 0, z=4100) + path('U1', 'U2')
    found = hospital(imported(model(upper)))
    assert [(own.id, own.elevation) for own in found.floors.values()] == [('L1', 0.0), ('L2', 4.0)]


BOMB = '<!DOCTYPE m [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><model version="7" name="&b;"/>'
REFUSED = [
    ('', 'is no XML here'),
    ('<model', 'is no XML here'),
    ('<a><b></a>', 'is no XML here'),
    (BOMB, 'has a DOCTYPE or an entity'),
    ('<!DOCTYPE m SYSTEM "file:///etc/passwd"><model/>', 'has a DOCTYPE or an entity'),
    ('<plant/>', 'is no plant model of openTCS'),
    ('<model/>', 'has no point'),
    ('<model>' * 30, 'is nested deeper than 20'),
    (model(point('A', 1, 1)), "'A' is there twice, first in line 3"),
    (model('<point positionX="1" positionY="1"/>'), 'has no name'),
    (model('<point name="X" positionX="1"/>'), 'is missing; write a number'),
    (model(point('X', 1, 1).replace('"1"', '"NaN"', 1)), "is 'NaN'; write a number"),
    (model(point('X', 1, 1).replace('"1"', '"1e300"', 1)), "is '1e300'; write a number"),
    (model(path('A', 'Z')), "'Z' is no point; name a point"),
    (model(path('A', 'C', maxVelocity='fast')), "is 'fast'; write a number"),
    (model('<location name="L" type="None"/>'), "'None' is no location type"),
    (
        model('<location name="L" type="Ward"><link point="Z"/></location>'),
        "'Z' is no point; name a point",
    ),
    (model('<vehicle name="V"><boundingBox length="x" width="1"/></vehicle>'), "is 'x'"),
]


@pytest.mark.parametrize(('text', 'problem'), REFUSED, ids=[own[1][:30] for own in REFUSED])
def test_what_is_wrong_is_named_by_line(text: str, problem: str) -> None:
    with pytest.raises(BrokenMap, match='ring.xml:[0-9]+') as caught:
        imported(text)
    assert problem in str(caught.value)


LINES = model().splitlines(keepends=True)
WORDS = ['"7"', '"-1"', '"NaN"', '"1e300"', '"true"', '""', '"A"', '<', '>', '/>', '&', '"Ward"']


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """Return the model with lines dropped, doubled or swapped, words replaced, or cut off."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 4))):
        where = draw(st.integers(0, len(lines) - 1))
        deed = draw(st.sampled_from(['drop', 'double', 'swap', 'word', 'word', 'cut']))
        if deed == 'drop' and len(lines) > 1:
            del lines[where]
        elif deed == 'double':
            lines.insert(where, lines[where])
        elif deed == 'swap':
            other = draw(st.integers(0, len(lines) - 1))
            lines[where], lines[other] = lines[other], lines[where]
        elif deed == 'word':
            parts = lines[where].replace('=', '= ').replace('>', ' >').split(' ')
            parts[draw(st.integers(0, len(parts) - 1))] = draw(st.sampled_from(WORDS))
            lines[where] = ' '.join(parts).rstrip('\n') + '\n'
        else:
            lines[where] = lines[where][: draw(st.integers(0, len(lines[where])))]
    return ''.join(lines)


@pytest.mark.thorough
@settings(max_examples=300)
@given(text=mutated())
def test_any_mutated_model_is_imported_or_refused(text: str) -> None:
    try:
        result = import_opentcs(text, name='f')
    except BrokenMap as error:
        assert error.problems  # noqa: PT017
        return
    found = hospital(result)
    check_hospital(found, len(found.robots))
