"""What a robot must not forget over a power cut: written before it acts on it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

from fleet_manager.domain.ids import FloorId, NodeId
from fleet_manager.domain.units import Instant
from robot_nodes.core.order import Order, OrderNode, problem

#: Form of the file. Another figure is not read: the robot starts with an empty memory.
FORMAT: Final = 1


class MemoryCorrupt(Exception):
    """The file is no memory of a robot. The text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Compartment:
    """One lockable compartment as its sensors see it."""

    id: str
    locked: bool = True
    closed: bool = True
    occupied: bool = False


@dataclass(frozen=True, slots=True)
class Memory:
    """All a robot remembers. `retired` are orders of this epoch that were replaced.

    `map_version` is the map it took over while it was at work; '' for the one it was started with.
    """

    epoch: int = 0
    order: Order | None = None
    last_node: str = ''
    last_sequence: int = 0
    retired: tuple[str, ...] = ()
    last_grant: int = 0
    compartments: tuple[Compartment, ...] = ()
    battery: float = 1.0
    map_version: str = ''


def to_json(memory: Memory) -> dict[str, Any]:
    """Return the memory as a JSON object."""
    return {'format': FORMAT, **asdict(memory)}


def from_json(data: Any) -> Memory:
    """Read a memory back. Raises MemoryCorrupt on anything that is not exactly one."""
    try:
        return _read(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MemoryCorrupt(f'{type(error).__name__}: {error}') from error


def _read(data: dict[str, Any]) -> Memory:
    if data['format'] != FORMAT:
        raise ValueError(f'format {data["format"]!r}')
    battery = float(data['battery'])
    if not math.isfinite(battery) or not 0.0 <= battery <= 1.0:
        raise ValueError(f'battery {battery}')
    order = None if data['order'] is None else _order(data['order'])
    if order is not None and (what := problem(order)):
        raise ValueError(f'order: {what}')
    return Memory(
        epoch=_count(data['epoch']),
        order=order,
        last_node=_text(data['last_node']),
        last_sequence=_count(data['last_sequence']),
        retired=tuple(_text(name) for name in data['retired']),
        last_grant=_count(data['last_grant']),
        compartments=tuple(_compartment(c) for c in data['compartments']),
        battery=battery,
        map_version=_text(data.get('map_version', '')),
    )


def _order(data: dict[str, Any]) -> Order:
    fields = dict(data)
    nodes = tuple(_node(node) for node in fields.pop('nodes'))
    for name in ('epoch', 'update', 'stamp', 'grant', 'grant_expires'):
        fields[name] = _count(fields[name])
    for name in ('robot', 'map_id', 'map_version', 'order_id', 'grant_compartment'):
        fields[name] = _text(fields[name])
    fields['stamp'] = Instant(fields['stamp'])
    return Order(nodes=nodes, **{**fields, 'lease': float(fields['lease'])})


def _node(data: dict[str, Any]) -> OrderNode:
    return OrderNode(
        node=NodeId(_text(data['node'])),
        sequence=_count(data['sequence']),
        released=_flag(data['released']),
        floor=FloorId(_text(data['floor'])),
        x=float(data['x']),
        y=float(data['y']),
        max_speed=float(data['max_speed']),
        via=tuple((float(x), float(y)) for x, y in data['via']),
        lift=_text(data['lift']),
        boards=_flag(data['boards']),
        session=_text(data['session']),
        door=_text(data['door']),
    )


def _compartment(data: dict[str, Any]) -> Compartment:
    return Compartment(
        id=_text(data['id']),
        locked=_flag(data['locked']),
        closed=_flag(data['closed']),
        occupied=_flag(data['occupied']),
    )


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f'not a count: {value!r}')
    return value


def _flag(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError(f'not a flag: {value!r}')
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        raise ValueError(f'not a text: {value!r}')
    return value
