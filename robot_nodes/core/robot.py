"""A robot's whole mind: what it heard goes in, speeds and its state come out.

One `step` for each localisation, in this order:

1. take over orders (`order_book`), 2. find out where it is, 3. note nodes reached,
4. open and close compartments, 5. find a reason to stand still, 6. drive (`follower`) to the last
released node in front of which no lift or door is shut (`gates`), 7. say the state.

What changed in `Output.memory` has to be on disk before anything of the output leaves the robot.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from fleet_manager.domain.ids import FloorId
from fleet_manager.domain.maps.model import SAME_PLACE, Hospital, Node
from fleet_manager.domain.maps.warmth import Warmth
from fleet_manager.domain.units import SECOND, Instant, Millis
from robot_nodes.core import battery, gates
from robot_nodes.core.compartments import HANDS_SECONDS, Compartments
from robot_nodes.core.follower import LOST, STILL, Follower, Speeds
from robot_nodes.core.gates import DoorView, LiftView
from robot_nodes.core.memory import Compartment, Memory
from robot_nodes.core.obstacles import BLOCKED_AFTER, LOOK, SCAN_FRESH, Body, Scan, room
from robot_nodes.core.order import Order, OrderNode, Pose
from robot_nodes.core.order_book import NEAR, Accepted, Ignored, OrderBook, Refused

#: Older localisation is none.
POSE_FRESH: Final = Millis(1_000)
#: Metres a second: slower is standing.
STANDING: Final = 0.02
#: Metres from the last node: farther, and the robot is between the doors of the edge it drives.
UNDER_WAY: Final = 0.3
#: Error codes with which a robot does not move.
STOPPING: Final = frozenset(
    {'memory_unwritable', 'localisation_lost', 'laser_lost', 'wrong_floor', 'off_route'}
)
#: Change of the battery level that is worth a write to the disk.
BATTERY_STEP: Final = 0.01
#: A robot nobody has spoken to for so long moves through no door: lifts and doors stay open for
#: it longer than that (`LEASE`, `HOLD` of their controllers), but not for ever.
CROSSING: Final = Millis(20_000)
#: So long after it is spoken to again it begins to cross none: whoever asks for the door has to
#: reach its controller too, which may be about to let go.
SETTLING: Final = Millis(2_000)
#: Longest step the battery and the ramps are computed for; a longer gap was no driving.
MAX_STEP: Final = Millis(500)


class Mode(IntEnum):
    """What the robot is doing; the figures of RobotState.msg."""

    IDLE = 0
    DRIVING = 1
    WAITING = 2
    PAUSED = 3
    ERROR = 4


@dataclass(frozen=True, slots=True)
class Spec:
    """What a robot is told at start. `hands_seconds` 0 = a test is the hands.

    One with a `body` has a laser, and stops for what its body would meet. `cooled` are those of
    its compartments that measure how warm they are.
    """

    robot: str
    map_id: str
    map_version: str
    compartments: tuple[str, ...]
    max_speed: float = 0.8
    body: Body | None = None
    cooled: tuple[str, ...] = ()
    hands_seconds: float = HANDS_SECONDS


@dataclass(slots=True)
class Inputs:
    """What came in since the last step. `pose_at` is the localisation's own time.

    `hospital` is the map the manager says is in force, once it said so.
    """

    orders: Sequence[Order] = ()
    pose: Pose | None = None
    pose_at: Instant = Instant(0)
    lifts: Mapping[str, LiftView] = field(default_factory=dict)
    doors: Mapping[str, DoorView] = field(default_factory=dict)
    scan: Scan | None = None
    memory_unwritable: bool = False
    hospital: Hospital | None = None


@dataclass(frozen=True, slots=True)
class State:
    """What the robot says of itself; see RobotState.msg."""

    epoch: int
    order_id: str
    update: int
    last_node: str
    last_sequence: int
    pose: Pose | None
    speed: float
    battery: float
    charging: bool
    mode: Mode
    last_grant: int
    compartments: tuple[Compartment, ...]
    errors: tuple[str, ...]
    map_version: str
    celsius: Mapping[str, float] = field(default_factory=dict)

    def news(self) -> tuple[object, ...]:
        """Return what is worth saying at once when it changes."""
        floor = self.pose.floor if self.pose else ''
        place = (self.order_id, self.update, self.last_node, self.last_sequence, floor)
        what = (self.epoch, self.charging, self.mode, self.last_grant, self.compartments)
        return (place, what, self.errors, self.map_version)


@dataclass(frozen=True, slots=True)
class Output:
    """What a step comes to. Write `memory` first, if it is not what is written already.

    And before that `took_over`, the map the robot works on since it was started.
    """

    speeds: Speeds
    state: State
    memory: Memory
    took_over: Hospital | None = None


class Robot:
    """One robot. `faults` are error codes from its start, kept until it takes over an order."""

    def __init__(
        self, spec: Spec, memory: Memory, *, now: Instant, faults: Sequence[str] = ()
    ) -> None:
        self._spec = spec
        self._map_taken_over = memory.map_version
        self._map_version = memory.map_version or spec.map_version
        self._book = OrderBook(
            memory, robot=spec.robot, map_id=spec.map_id, map_version=self._map_version
        )
        self._follower = Follower(max_speed=spec.max_speed)
        self.compartments = Compartments(
            spec.compartments, memory, hands_seconds=spec.hands_seconds, now=now
        )
        self._warmths = {name: Warmth() for name in spec.cooled}
        self._celsius: dict[str, float] = {}
        self._battery = memory.battery
        self._remembered_battery = memory.battery
        self._charging = False
        self._faults = tuple(faults)
        self._refused: str | None = None
        self._took_over: Hospital | None = None
        self._map_problem: str | None = None
        self._grant_problem: str | None = None
        self._heard = now
        self._was_told = False
        self._back = now
        self._silent_at: int | None = None
        self._way_of: tuple[object, ...] = ()
        self._pose: Pose | None = None
        self._pose_at = Instant(0)
        self._speed = 0.0
        self._stepped = now
        self._blocked_since: Instant | None = None

    def step(self, now: Instant, inputs: Inputs) -> Output:
        """Do one step. Time may stand still or jump; a robot that is unsure stands still."""
        elapsed = Millis(max(0, min(MAX_STEP, now - self._stepped)))
        self._stepped = now
        self._sense(inputs)
        for order in inputs.orders:
            self._hear(order, now)
        self._follow_order()
        self._note_nodes()
        self._tend_map(inputs.hospital)
        self._tend_compartments(now)
        errors = self._errors(now, inputs)
        speeds = self._drive(now, inputs, errors, elapsed)
        self._tend_battery(elapsed)
        return Output(speeds, self._state(speeds, errors), self._memory(), self._took_over)

    # --- hear and sense --------------------------------------------------------------------------

    def _sense(self, inputs: Inputs) -> None:
        """Take over a new localisation and measure the speed from the one before."""
        new, old = inputs.pose, self._pose
        if new is None or not new.is_finite():
            self._pose = None
            return
        span = inputs.pose_at - self._pose_at
        if old is not None and old.floor == new.floor and span > 0:
            self._speed = math.dist((new.x, new.y), (old.x, old.y)) * SECOND / span
        elif span != 0:
            self._speed = 0.0
        self._pose, self._pose_at = new, inputs.pose_at

    def _hear(self, order: Order, now: Instant) -> None:
        place = (self._book.last_node, self._book.last_sequence)
        verdict = self._book.offer(order, self._pose)
        if (self._book.last_node, self._book.last_sequence) != place:
            self._follower.forget()
        match verdict:
            case Refused(why):
                self._refused = why
            case Accepted(fresh):
                if not self._was_told or now - self._heard > CROSSING:
                    self._back = now
                self._heard, self._was_told, self._refused = now, True, None
                if fresh:
                    self._faults = ()
            case Ignored():
                pass

    def _follow_order(self) -> None:
        """Give the follower the way of the order, whenever it is another one."""
        order, here = self._book.order, self._book.here()
        if order is None or here is None or self._pose is None:
            return
        ahead = self._book.released_ahead()
        ident = (order.epoch, here.node, here.sequence)
        end = ahead[-1].sequence if ahead else here.sequence
        key = (*ident, order.order_id, order.update, end)
        if key == self._way_of:
            return
        self._follower.lead(here.xy, ahead, self._pose)
        self._way_of = key

    def _note_nodes(self) -> None:
        if self._pose is None:
            return
        for node in self._book.released_ahead():
            stop = node.in_car
            if stop and self._speed > STANDING:
                return
            if not self._follower.passed(node, self._pose, stop=stop):
                return
            self._book.reach(node)

    # --- the map ---------------------------------------------------------------------------------

    def _tend_map(self, hospital: Hospital | None) -> None:
        """Take over the map in force while standing still, where it has all places of the order.

        Also on the way, paused or before a shut door: what was let onto is the same on both maps.
        """
        self._map_problem = None
        if hospital is None or hospital.version == self._map_version or not self._is_still():
            return
        if hospital.id != self._spec.map_id:
            self._map_problem = 'other_hospital'
        elif not self._is_placed_on(hospital):
            self._map_problem = 'place_gone'
        if self._map_problem is not None:
            return
        self._book.take_over(hospital)
        self._map_version = self._map_taken_over = hospital.version
        self._took_over, self._refused = hospital, None

    def _is_placed_on(self, hospital: Hospital) -> bool:
        if self._pose is None:
            return False
        here, ahead = self._book.here(), self._book.released_ahead()
        if here is None:
            return any(self._is_at(node) for node in hospital.nodes.values())
        places = [(node, hospital.nodes.get(node.node)) for node in (here, *ahead)]
        if any(p is None or math.dist(n.xy, (p.x, p.y)) > SAME_PLACE for n, p in places):
            return False
        return bool(ahead) or self._is_at(hospital.nodes[here.node])

    def _is_at(self, node: Node) -> bool:
        if self._pose is None or node.floor not in ('', self._pose.floor):
            return False
        return math.dist((node.x, node.y), (self._pose.x, self._pose.y)) <= NEAR

    # --- stand still, or drive -------------------------------------------------------------------

    def _errors(self, now: Instant, inputs: Inputs) -> tuple[str, ...]:
        """Return every error code, those that stop the robot among them."""
        codes = list(self._faults)
        codes += self._stopping(now, inputs)
        if self._is_silent(now):
            codes.append('silent_manager')
        if self._refused:
            codes.append(f'order_refused:{self._refused}')
        if self._map_problem:
            codes.append(f'map_refused:{self._map_problem}')
        if self._grant_problem:
            codes.append(f'grant_refused:{self._grant_problem}')
        if self._sees_people(now, inputs):
            codes.append(gates.CABIN_FULL)
        if self._blocked_since is not None and now - self._blocked_since >= BLOCKED_AFTER:
            codes.append('blocked')
        return tuple(sorted(set(codes)))

    def _sees_people(self, now: Instant, inputs: Inputs) -> bool:
        """Whether the car the robot is to board next stands open for it with somebody inside."""
        node = self._book.next_node()
        if node is None or not node.boards or self._pose is None or not self._is_still():
            return False
        why = gates.shut(
            node,
            lifts=inputs.lifts,
            doors=inputs.doors,
            floor=self._pose.floor,
            under_way=self._is_under_way(node),
            now=now,
        )
        return why == gates.CABIN_FULL

    def _stopping(self, now: Instant, inputs: Inputs) -> list[str]:
        if inputs.memory_unwritable:
            return ['memory_unwritable']
        if self._pose is None or now - self._pose_at > POSE_FRESH:
            return ['localisation_lost']
        if self._spec.body is not None and not _is_fresh(inputs.scan, now):
            return ['laser_lost']
        ahead = self._book.released_ahead()
        if not ahead:
            return []
        if not self._book.in_car() and self._pose.floor != ahead[0].floor:
            return ['wrong_floor']
        if self._follower.off_line(self._pose) > LOST:
            return ['off_route']
        return []

    def _is_silent(self, now: Instant) -> bool:
        order = self._book.order
        self._heard = min(self._heard, now)
        return order is not None and now - self._heard > order.lease * SECOND

    def _drive(
        self, now: Instant, inputs: Inputs, errors: tuple[str, ...], elapsed: Millis
    ) -> Speeds:
        order = self._book.order
        held = STOPPING.intersection(errors) or self.compartments.any_open()
        if order is None or self._pose is None or held or order.paused:
            self._blocked_since = None
            return self._follower.halt()
        until = self._may_drive_to(now, inputs, self._pose.floor)
        free = self._room(self._pose, inputs.scan, until)
        if free > 0.0:
            self._blocked_since = None
        elif self._blocked_since is None:
            self._blocked_since = now
        return self._follower.drive(self._pose, until=until, seconds=elapsed / SECOND, room=free)

    def _room(self, pose: Pose, scan: Scan | None, until: int) -> float:
        """Return how far the robot may roll before it meets what its laser sees."""
        way = self._follower.ahead(pose, until=until, metres=LOOK)
        if scan is None or self._spec.body is None or len(way) == 1:
            return math.inf
        return room(way, scan.points(pose), self._spec.body)

    def _may_drive_to(self, now: Instant, inputs: Inputs, floor: FloorId) -> int:
        """Return the number of the last node the robot may drive to now."""
        until = self._book.last_sequence
        cut_off = not self._was_told or now - self._heard > CROSSING
        self._back = min(self._back, now)
        settling = now - self._back < SETTLING
        for node in self._book.released_ahead():
            if (node.lift or node.door) and (
                cut_off
                or (settling and not self._is_under_way(node))
                or gates.shut(
                    node,
                    lifts=inputs.lifts,
                    doors=inputs.doors,
                    floor=floor,
                    under_way=self._is_under_way(node),
                    now=now,
                )
            ):
                break
            if node.lift and not node.boards and floor != node.floor:
                break
            until = node.sequence
        return self._until_heard(until, now)

    def _until_heard(self, until: int, now: Instant) -> int:
        """Stop at the next node while the manager is silent; never begin to cross a door."""
        if not self._is_silent(now):
            self._silent_at = None
            return until
        if self._silent_at is None:
            ahead = self._book.released_ahead()
            self._silent_at = self._book.last_sequence
            moves = self._follower.commanded > 0.0
            gated = bool(ahead and (ahead[0].lift or ahead[0].door))
            if ahead and (self._is_under_way(ahead[0]) or (moves and not gated)):
                self._silent_at = ahead[0].sequence
        return min(until, self._silent_at)

    def _is_under_way(self, node: OrderNode) -> bool:
        """Whether the robot has begun to drive the edge to `node`, the next one."""
        here = self._book.here()
        ahead = self._book.released_ahead()
        if here is None or self._pose is None or not ahead or ahead[0] is not node:
            return False
        return math.dist((self._pose.x, self._pose.y), here.xy) > UNDER_WAY

    def _stands(self) -> bool:
        """Whether the robot stands still at the end of what is released."""
        return self._is_still() and not self._book.released_ahead()

    def _is_still(self) -> bool:
        slow = self._speed < STANDING and self._follower.commanded == 0.0
        return self._pose is not None and slow

    # --- compartments and battery ----------------------------------------------------------------

    def _tend_compartments(self, now: Instant) -> None:
        order = self._book.order
        if order is not None:
            self._grant_problem = self.compartments.carry_out(
                order, stands=self._stands(), now=now
            )
        self.compartments.step(now)
        opened = {box.id for box in self.compartments.all() if not box.closed}
        self._celsius = {
            name: one.now(now, is_open=name in opened) for name, one in self._warmths.items()
        }

    def _tend_battery(self, elapsed: Millis) -> None:
        order = self._book.order
        at_end = self._stands() and not self._book.foresees_more()
        self._charging = order is not None and order.charge and at_end
        seconds = elapsed / SECOND
        if self._charging:
            self._battery = battery.charged(self._battery, seconds=seconds)
        else:
            self._battery = battery.drawn(self._battery, speed=self._speed, seconds=seconds)

    # --- what leaves -----------------------------------------------------------------------------

    def _mode(self, speeds: Speeds, errors: tuple[str, ...]) -> Mode:
        order = self._book.order
        if STOPPING.intersection(errors):
            return Mode.ERROR
        if order is not None and order.paused:
            return Mode.PAUSED
        if speeds != STILL:
            return Mode.DRIVING
        if self._book.released_ahead() or self._book.foresees_more():
            return Mode.WAITING
        return Mode.IDLE

    def _state(self, speeds: Speeds, errors: tuple[str, ...]) -> State:
        order = self._book.order
        return State(
            epoch=self._book.epoch,
            order_id=order.order_id if order else '',
            update=order.update if order else 0,
            last_node=self._book.last_node,
            last_sequence=self._book.last_sequence,
            pose=self._pose,
            speed=self._speed,
            battery=self._battery,
            charging=self._charging,
            mode=self._mode(speeds, errors),
            last_grant=self.compartments.last_grant,
            compartments=self.compartments.all(),
            errors=errors,
            map_version=self._map_version,
            celsius=self._celsius,
        )

    def _memory(self) -> Memory:
        """Return what has to survive. The battery moves all the time: noted in steps of 1 %."""
        if abs(self._battery - self._remembered_battery) >= BATTERY_STEP:
            self._remembered_battery = self._battery
        order = self._book.order
        return Memory(
            epoch=self._book.epoch,
            order=dataclasses.replace(order, stamp=Instant(0)) if order else None,
            last_node=self._book.last_node,
            last_sequence=self._book.last_sequence,
            retired=self._book.retired,
            last_grant=self.compartments.last_grant,
            compartments=self.compartments.all(),
            battery=self._remembered_battery,
            map_version=self._map_taken_over,
        )


def _is_fresh(scan: Scan | None, now: Instant) -> bool:
    return scan is not None and now - scan.at <= SCAN_FRESH
