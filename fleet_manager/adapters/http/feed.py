"""What each open page is told, and how none of them can slow the others.

1. A view comes from the runner's thread; the loop takes the newest, at most five a second.
2. For each audience (operators, each ward) the difference to the last view is computed once and
   encoded once. A ward's audience never contains what the ward may not see.
3. Each page has an `Outbox` of its own: what it has not been sent yet, newest value for each
   entity. Putting never waits. A page that keeps up gets the shared text, a slow one a merged
   text.
4. A page that takes nothing for five seconds while something waits is closed (1013). It comes
   back and gets a whole snapshot.

Alerts are entities like others: merging keeps the newest state of each one, it never drops one.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fleet_manager.application.ports import View, ViewSource
from fleet_manager.domain.ids import RobotId, StationId
from fleet_manager.domain.units import Instant

#: Views a second; more is not seen by people and costs every phone's battery.
VIEW_SECONDS: Final = 0.2
HEARTBEAT_SECONDS: Final = 5.0
#: A page that has not taken anything for so long is gone or hostile.
STALL_SECONDS: Final = 5.0
#: How much may wait for one page before a snapshot is cheaper than what is missing.
MAX_PENDING: Final = 2_000
#: Open pages; a hospital has some 40 wards and 2 wall boards.
MAX_PAGES: Final = 500

Entities = Mapping[str, Mapping[str, Mapping[str, Any]]]

_FLEET_FOR_WARD: Final = ('paused', 'map_version', 'epoch')
_ROBOT_FOR_WARD: Final = (
    'name', 'floor', 'x', 'y', 'yaw', 'battery', 'link', 'heard', 'state', 'paused', 'lift',
    'arrives',
)  # fmt: skip
_ROBOT_FOR_PANEL: Final = (
    'state', 'link', 'goal_station', 'deliveries', 'compartments',
)  # fmt: skip
_DELIVERY_FOR_PANEL: Final = ('state', 'opening', 'returning')
_DELIVERY_HIDDEN_FROM_WARD: Final = frozenset(
    {'why', 'requested_by', 'held_by', 'may_close', 'follow_up'}
)


@dataclass(frozen=True, slots=True)
class Audience:
    """Who sees the same: all operators, one ward, or the screen of one robot."""

    station: StationId | None
    robot: RobotId | None = None

    def sees(self, delivery: Mapping[str, Any]) -> bool:
        """Whether this audience may know of a delivery."""
        if self.robot is not None:
            return bool(delivery['robot'] == self.robot)
        return self.station is None or self.station in (
            delivery['sender'],
            delivery['recipient'],
            delivery.get('origin'),
            delivery.get('goal'),
        )


def visible(entities: Entities, audience: Audience) -> Entities:
    """Return what an audience may see."""
    if audience.robot is not None:
        return _for_robot(entities, audience.robot)
    if audience.station is None:
        return entities
    deliveries = {
        delivery_id: {
            name: value
            for name, value in delivery.items()
            if name not in _DELIVERY_HIDDEN_FROM_WARD
        }
        for delivery_id, delivery in entities.get('delivery', {}).items()
        if audience.sees(delivery)
    }
    serving = {delivery['robot'] for delivery in deliveries.values()}
    return {
        'delivery': deliveries,
        'robot': {
            robot_id: _robot_for_ward(robot, deliveries)
            for robot_id, robot in entities.get('robot', {}).items()
            if robot_id in serving
        },
        'lift': {
            lift_id: lift | {'session': None, 'queue': []}
            for lift_id, lift in _dicts(entities.get('lift', {}))
        },
        'fleet': {
            fleet_id: {name: fleet[name] for name in _FLEET_FOR_WARD if name in fleet}
            for fleet_id, fleet in entities.get('fleet', {}).items()
        },
    }


def _for_robot(entities: Entities, robot: RobotId) -> Entities:
    """Return what changes the screen of a robot: no names, no notes, nothing of others."""
    return {
        'robot': {
            robot_id: {name: entity[name] for name in _ROBOT_FOR_PANEL if name in entity}
            for robot_id, entity in entities.get('robot', {}).items()
            if robot_id == robot
        },
        'delivery': {
            delivery_id: {name: entity[name] for name in _DELIVERY_FOR_PANEL if name in entity}
            for delivery_id, entity in entities.get('delivery', {}).items()
            if entity['robot'] == robot
        },
    }


def _robot_for_ward(robot: Mapping[str, Any], mine: Mapping[str, object]) -> dict[str, Any]:
    shown = {name: robot[name] for name in _ROBOT_FOR_WARD if name in robot}
    shown['deliveries'] = [one for one in robot.get('deliveries', ()) if one in mine]
    return shown


def _dicts(
    entities: Mapping[str, Mapping[str, Any]],
) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((entity_id, dict(entity)) for entity_id, entity in entities.items())


@dataclass(slots=True)
class Delta:
    """What changed up to view `seq`. Shared between pages: never changed once published."""

    seq: int
    now: Instant
    set: dict[str, dict[str, Mapping[str, Any]]] = field(default_factory=dict)
    gone: dict[str, list[str]] = field(default_factory=dict)
    _tail: str | None = None

    @property
    def size(self) -> int:
        """Return how many entities it names."""
        return sum(map(len, self.set.values())) + sum(map(len, self.gone.values()))

    def text(self, prev: int) -> str:
        """Return the message; `prev` is the `seq` the page was sent last. Encoded once."""
        if self._tail is None:
            body = {'seq': self.seq, 'now': self.now, 'set': self.set, 'gone': self.gone}
            self._tail = encode(body)[1:]
        return f'{{"type":"delta","prev":{prev},{self._tail}'


def difference(before: Entities, after: Entities, *, seq: int, now: Instant) -> Delta:
    """Return what turns `before` into `after`."""
    delta = Delta(seq, now)
    for kind, entities in after.items():
        old = before.get(kind, {})
        changed = {
            entity_id: entity
            for entity_id, entity in entities.items()
            if (known := old.get(entity_id)) is not entity and known != entity
        }
        if changed:
            delta.set[kind] = changed
    for kind, entities in before.items():
        new = after.get(kind, {})
        gone = [entity_id for entity_id in entities if entity_id not in new]
        if gone:
            delta.gone[kind] = gone
    return delta


def merged(first: Delta, then: Delta) -> Delta:
    """Return one delta with the effect of both, newest value for each entity."""
    result = Delta(then.seq, then.now)
    for kind in sorted({*first.set, *first.gone, *then.set, *then.gone}):
        newest = first.set.get(kind, {}) | then.set.get(kind, {})
        lost = dict.fromkeys(then.gone.get(kind, ()))
        lost |= dict.fromkeys(
            entity_id
            for entity_id in first.gone.get(kind, ())
            if entity_id not in then.set.get(kind, {})
        )
        kept = {entity_id: entity for entity_id, entity in newest.items() if entity_id not in lost}
        if kept:
            result.set[kind] = kept
        if lost:
            result.gone[kind] = list(lost)
    return result


def encode(message: Mapping[str, Any]) -> str:
    """Return compact JSON. NaN cannot pass: a page could not read it."""
    return json.dumps(message, ensure_ascii=False, separators=(',', ':'), allow_nan=False)


class Outbox:
    """What one page has not been sent yet. Used by the event loop's thread only."""

    def __init__(self, *, seq: int) -> None:
        self._sent = seq
        self._pending: Delta | None = None
        self._wake = asyncio.Event()
        self.overflowed = False

    def put(self, delta: Delta) -> None:
        """Add what changed. Never waits."""
        self._pending = delta if self._pending is None else merged(self._pending, delta)
        self.overflowed = self.overflowed or self._pending.size > MAX_PENDING
        self._wake.set()

    def take(self) -> str | None:
        """Return everything that waits as one message, or None."""
        self._wake.clear()
        if self._pending is None:
            return None
        text = self._pending.text(self._sent)
        self._sent = self._pending.seq
        self._pending = None
        return text

    async def wait(self, seconds: float) -> bool:
        """Wait until something is there; return False when `seconds` have passed."""
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return False
        return True


class TooManyPages(Exception):
    """`MAX_PAGES` are open."""


@dataclass(slots=True)
class _Group:
    """The pages of one audience and what they were told last."""

    told: Entities
    pages: set[Outbox] = field(default_factory=set)


class Hub:
    """Takes views from the runner's thread and puts differences into the pages' outboxes."""

    def __init__(self, views: ViewSource) -> None:
        self._views = views
        self._view = views.current()
        self._groups: dict[Audience, _Group] = {}
        self._arrived = asyncio.Event()
        self._told_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._unsubscribe: Callable[[], None] | None = None

    @property
    def pages(self) -> int:
        """Return how many pages are open."""
        return sum(len(group.pages) for group in self._groups.values())

    def start(self) -> None:
        """Begin to listen. Call in the event loop."""
        self._loop = asyncio.get_running_loop()
        self._unsubscribe = self._views.subscribe(self._from_runner)
        self._take(self._views.current())

    def close(self) -> None:
        """Stop listening."""
        if self._unsubscribe is not None:
            self._unsubscribe()
        if self._timer is not None:
            self._timer.cancel()
        self._loop = None

    def join(self, audience: Audience) -> tuple[View, Entities, Outbox]:
        """Add a page; return the picture it starts from and its outbox. Raises TooManyPages."""
        if self.pages >= MAX_PAGES:
            raise TooManyPages
        group = self._groups.get(audience)
        if group is None:
            group = self._groups[audience] = _Group(visible(self._view.entities, audience))
        else:
            self._tell(audience, group)
        outbox = Outbox(seq=self._view.seq)
        group.pages.add(outbox)
        return self._view, group.told, outbox

    def leave(self, audience: Audience, outbox: Outbox) -> None:
        """Remove a page."""
        group = self._groups.get(audience)
        if group is None:
            return
        group.pages.discard(outbox)
        if not group.pages:
            del self._groups[audience]

    async def wait_for(self, shows: Callable[[View], bool], *, seconds: float) -> None:
        """Wait until the newest view shows something, or `seconds` have passed."""
        try:
            async with asyncio.timeout(seconds):
                while not shows(self._views.current()):
                    await self._arrived.wait()
        except TimeoutError:
            return

    def _from_runner(self, view: View) -> None:
        """Runs in the runner's thread."""
        loop = self._loop
        if loop is None:
            return
        try:
            loop.call_soon_threadsafe(self._take, view)
        except RuntimeError:
            return  # the loop has just been closed: nobody is left to tell

    def _take(self, view: View) -> None:
        if view.seq < self._view.seq or self._loop is None:
            return
        self._view = view
        self._arrived.set()
        self._arrived = asyncio.Event()
        if self._timer is None:
            due = max(0.0, self._told_at + VIEW_SECONDS - self._loop.time())
            self._timer = self._loop.call_later(due, self._tell_all)

    def _tell_all(self) -> None:
        self._timer = None
        if self._loop is not None:
            self._told_at = self._loop.time()
        for audience, group in self._groups.items():
            self._tell(audience, group)

    def _tell(self, audience: Audience, group: _Group) -> None:
        view = self._view
        after = visible(view.entities, audience)
        delta = difference(group.told, after, seq=view.seq, now=view.now)
        group.told = after
        if delta.size:
            for outbox in group.pages:
                outbox.put(delta)
