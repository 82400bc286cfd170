"""Reads and writes what is to be planned: robots with their starts and goals, in JSON or YAML.

    {"robots": [{"id": "r1", "start": "L1.s01", "goal": "L2.s04", "urgency": "stat"}]}

`urgency` and `type`, the type of robot, may be left out.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from fleet_manager.adapters.files.lines import Unreadable, read_yaml
from fleet_manager.domain.deliveries.goods import Urgency
from fleet_manager.domain.ids import MAX_ID_LENGTH, NodeId, ResourceId, capacity, node_resource
from fleet_manager.domain.maps.compile import compile_hospital, limits
from fleet_manager.domain.maps.fields import Fields
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.maps.problems import FieldPath, Findings, did_you_mean
from fleet_manager.domain.traffic.planner.model import Instance, Task

#: More than ten times the largest fleet of a hospital we know of.
MAX_ROBOTS: Final = 500
MAX_BYTES: Final = 1024 * 1024
_STANDARD: Final = Urgency.ROUTINE


def load_instance(file: Path, hospital: Hospital) -> Instance:
    """Read what is to be planned in `hospital`. Raises BrokenMap with all that is wrong."""
    lines: dict[FieldPath, int] = {}

    def where(path: FieldPath) -> str:
        near = next(path[:end] for end in range(len(path), -1, -1) if path[:end] in lines)
        return f'{file}:{lines[near]} {".".join(path)}'.rstrip()

    lines[()] = 1
    findings = Findings(where)
    try:
        raw = read_yaml(_text(file, findings), lines.__setitem__)
    except Unreadable as error:
        lines[()] = error.line
        findings.error((), 'unreadable', error.problem, error.mend)
    findings.raise_errors()
    fields = Fields(raw, (), findings)
    tasks = [
        _task(Fields(item, ('robots', str(n)), findings)) for n, item in fields.items('robots')
    ]
    fields.finish()
    if len(tasks) > MAX_ROBOTS:
        mend = f'the limit is {MAX_ROBOTS}'
        findings.error(('robots',), 'too_many', f'has {len(tasks)} robots', mend)
        findings.raise_errors()
    _check(tasks, hospital, findings)
    findings.raise_errors()
    return Instance(tuple(tasks))


def save_instance(file: Path, instance: Instance) -> None:
    """Write what is to be planned so that `load_instance` reads it. Raises OSError."""
    robots = [
        {'id': task.robot, 'start': task.start, 'goal': task.goal, 'urgency': task.urgency}
        | ({'type': task.robot_type} if task.robot_type else {})
        for task in instance.tasks
    ]
    rows = ',\n  '.join(json.dumps(robot, ensure_ascii=False) for robot in robots)
    file.write_text(f'{{"robots": [\n  {rows}\n]}}\n', 'utf-8')


def crowded(hospital: Hospital, nodes: Sequence[NodeId]) -> list[tuple[int, int, ResourceId]]:
    """Return who would stand where there is no room: the places in `nodes` of two, and of what.

    That is a node that comes twice, nodes on which two robots would touch, and more nodes in a
    zone than robots may be in it.
    """
    shared, zones = compile_hospital(hospital).shared(), limits(hospital)
    holders: dict[ResourceId, list[int]] = {}
    found = []
    for number, node in enumerate(nodes):
        place = node_resource(node)
        needed = (place, *shared.get(place, ()), *zones.get(place, ()))
        full = [one for one in needed if len(holders.get(one, ())) >= capacity(one)]
        if full:
            found.append((holders[full[0]][-1], number, full[0]))
            continue
        for resource in needed:
            holders.setdefault(resource, []).append(number)
    return found


def _text(file: Path, findings: Findings) -> str:
    try:
        if file.stat().st_size > MAX_BYTES:
            findings.error((), 'too_large', 'is larger than 1 MiB', 'split it')
            return ''
        return file.read_bytes().decode('utf-8-sig')
    except UnicodeDecodeError:
        findings.error((), 'unreadable', 'is not UTF-8', 'save it as UTF-8')
    except OSError as error:
        findings.error((), 'no_file', f'cannot be read: {error.strerror}', 'correct the name')
    return ''


def _task(fields: Fields) -> Task:
    task = Task(
        robot=fields.identifier('id'),
        start=NodeId(fields.text('start', longest=MAX_ID_LENGTH)),
        goal=NodeId(fields.text('goal', longest=MAX_ID_LENGTH)),
        urgency=fields.choice('urgency', list(Urgency), default=_STANDARD) or _STANDARD,
        robot_type=fields.text('type', default=''),
    )
    fields.finish()
    return task


def _check(tasks: Sequence[Task], hospital: Hospital, findings: Findings) -> None:
    """Note robots of one name, and starts and goals that cannot be."""
    named: dict[str, int] = {}
    for number, task in enumerate(tasks):
        path = ('robots', str(number))
        if task.robot and task.robot in named:
            problem = f'{task.robot!r} is robot {named[task.robot]} too'
            findings.error((*path, 'id'), 'duplicate', problem, 'give each robot its own id')
        named.setdefault(task.robot, number)
        if task.robot_type and task.robot_type not in hospital.types:
            known = f'the types of this hospital are: {", ".join(hospital.types)}'
            mend = did_you_mean(task.robot_type, hospital.types, known)
            problem = f'{task.robot_type!r} is no type of robot here'
            findings.error((*path, 'type'), 'unknown_type', problem, mend)
        for field, node in (('start', task.start), ('goal', task.goal)):
            _check_bay(hospital, node, (*path, field), findings)
    for field, nodes in (
        ('start', [task.start for task in tasks]),
        ('goal', [task.goal for task in tasks]),
    ):
        _check_apart(tasks, hospital, field, nodes, findings)


def _check_bay(hospital: Hospital, node: NodeId, path: FieldPath, findings: Findings) -> None:
    if node and node not in hospital.nodes:
        mend = did_you_mean(node, hospital.nodes, 'choose a node of the hospital')
        findings.error(path, 'unknown_node', f'there is no node {node!r}', mend)
    elif node and not hospital.is_bay(node):
        kind = hospital.nodes[node].kind
        mend = 'choose a bay: parking, charger, cleaning or station'
        findings.error(path, 'not_a_bay', f'{node} is a node of kind {kind}', mend)


def _check_apart(
    tasks: Sequence[Task],
    hospital: Hospital,
    field: str,
    nodes: Sequence[NodeId],
    findings: Findings,
) -> None:
    known = [number for number, node in enumerate(nodes) if node in hospital.nodes]
    for one, other, what in crowded(hospital, [nodes[number] for number in known]):
        first, second = known[one], known[other]
        who = f'that of {tasks[first].robot}'
        problem = f'{nodes[second]} is {who} too'
        if what.startswith('zone:'):
            robots, zone = what.split(':', 2)[1:]
            problem = f'{nodes[second]} is in zone {zone} for {robots} robots, with {who}'
        elif nodes[first] != nodes[second]:
            problem = f'{nodes[second]} is too close to {nodes[first]}, {who}'
        path = ('robots', str(second), field)
        findings.error(path, 'taken', problem, f'give each robot a {field} of its own')
