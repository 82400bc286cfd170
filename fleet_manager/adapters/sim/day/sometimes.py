"""Whether the dangerous states were really reached: a test that never gets there proves nothing.

Each row is a name and what must hold when an event comes, or when a fault begins or has ended.
The names are in every report; those that are still 0 after many seeds are listed there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from fleet_manager.adapters.sim.day.demand import Requests
from fleet_manager.adapters.sim.day.desk import Desk
from fleet_manager.adapters.sim.day.faults import Faults
from fleet_manager.adapters.sim.day.world import DayWorld
from fleet_manager.application.days.scenario import FaultKind
from fleet_manager.domain import messages as m
from fleet_manager.domain.deliveries.goods import Urgency
from fleet_manager.domain.deliveries.lifecycle import AT_STOP, LOADED, DeliveryState
from fleet_manager.domain.ids import RobotId
from fleet_manager.domain.state import Delivery, FleetState, Robot
from fleet_manager.domain.units import MINUTE, Instant

#: Counters of the world are looked at so often.
LOOK_MS: Final = MINUTE
#: A cut that is longer is seen by everybody; see `SILENT_AFTER_MS` and the robots' lease.
LONG_CUT_MS: Final = MINUTE


class Seen(NamedTuple):
    """What a row may look at: the state after the event, the building, and what lasts."""

    state: FleetState
    world: DayWorld
    lasting: Mapping[tuple[FaultKind, str], Instant]
    now: Instant


class FaultSeen(NamedTuple):
    """A fault at its begin or end; `lasted` in ms, 0 at its begin."""

    subject: str
    lasted: int


#: Whether the state of this name is reached.
_Holds = Callable[[Seen, Any], bool]


class Sometimes:
    """Counts how often each state was reached. `counts` has every name of the table."""

    def __init__(self, desk: Desk, requests: Requests, faults: Faults) -> None:
        self.counts: dict[str, int] = dict.fromkeys(NAMES, 0)
        self._desk, self._requests, self._faults = desk, requests, faults
        self._began: dict[tuple[FaultKind, str], Instant] = {}
        desk.listeners.append(self._hear)
        faults.listeners.append(self._hear_fault)
        desk.heap.after(LOOK_MS, self._look)

    def _hear(self, at: Instant, event: m.Event) -> None:
        rows = EVENTS.get(type(event))
        if rows is not None:
            self._count(rows, at, event)

    def _hear_fault(self, at: Instant, kind: FaultKind, subject: str, begins: bool) -> None:
        if begins:
            self._began[kind, subject] = at
        began = at if begins else self._began.pop((kind, subject), at)
        rows = (BEGINS if begins else ENDS).get(kind)
        if rows is not None:
            self._count(rows, at, FaultSeen(subject, at - began))

    def _count(self, rows: Mapping[str, _Holds], at: Instant, what: object) -> None:
        seen = Seen(self._desk.state(), self._desk.world, self._faults.lasting, at)
        for name, holds in rows.items():
            if holds(seen, what):
                self.counts[name] += 1

    def _look(self) -> None:
        """Take over the counters of others."""
        self.counts[_LOST_GRANT] = self._desk.world.lost_grants
        self.counts[_STALE] = self._desk.world.refused_stale
        self.counts[_REPLAYED] = self._requests.replayed
        self._desk.heap.after(LOOK_MS, self._look)


# --- what the rows ask  ---


def _always(seen: Seen, what: object) -> bool:
    del seen, what
    return True


def _robot(seen: Seen, name: str) -> Robot | None:
    return seen.state.robots.get(RobotId(name))


def _carries(seen: Seen, name: str) -> bool:
    robot = _robot(seen, name)
    return robot is not None and any(d.state in LOADED for d in seen.state.served_by(robot))


def _in_lane(seen: Seen, fault: FaultSeen) -> bool:
    robot = RobotId(fault.subject)
    return seen.world.robots[robot].edge is not None and seen.world.car_of(robot) is None


def _in_car(seen: Seen, fault: FaultSeen) -> bool:
    return seen.world.car_of(RobotId(fault.subject)) is not None


def _is_open(seen: Seen, fault: FaultSeen) -> bool:
    return seen.world.robots[RobotId(fault.subject)].is_open()


def _loaded(seen: Seen, fault: FaultSeen) -> bool:
    return _carries(seen, fault.subject)


def _cut_loaded(seen: Seen, fault: FaultSeen) -> bool:
    return fault.lasted > LONG_CUT_MS and _carries(seen, fault.subject)


def _robot_in(seen: Seen, lift: str) -> bool:
    return any(seen.world.car_of(robot) == lift for robot in seen.world.robots)


def _lift_has_robot(seen: Seen, fault: FaultSeen) -> bool:
    return _robot_in(seen, fault.subject)


def _lift_serves(seen: Seen, fault: FaultSeen) -> bool:
    return any(lift == fault.subject for lift in seen.state.sessions)


def _any_open(seen: Seen, fault: FaultSeen) -> bool:
    del fault
    return any(robot.is_open() for robot in seen.world.robots.values())


def _about_to_leave(seen: Seen, fault: FaultSeen) -> bool:
    """Whether a robot was just loaded and stands there still, its way on not released."""
    del fault
    return any(
        robot.released == robot.done
        and any(d.state is DeliveryState.UNDER_WAY for d in seen.state.served_by(robot))
        and not any(d.state in AT_STOP for d in seen.state.served_by(robot))
        for robot in seen.state.robots.values()
    )


def _rides(seen: Seen, fault: FaultSeen) -> bool:
    del fault
    return any(session.boarded for session in seen.state.sessions.values())


def _unsigned(seen: Seen, fault: FaultSeen) -> bool:
    del fault
    return any(d.state is DeliveryState.TAKEN for d in seen.state.deliveries.values())


def _some_charge(seen: Seen, fault: FaultSeen) -> bool:
    del fault
    robots = seen.state.robots.values()
    return any(r.purpose is m.Purpose.CHARGE and r.node == r.goal for r in robots)


def _long(seen: Seen, fault: FaultSeen) -> bool:
    del seen
    return fault.lasted > LONG_CUT_MS


def _full(seen: Seen, event: m.LiftSessionAdvanced | m.LiftSessionEnded) -> bool:
    del seen
    return event.outcome == m.LiftOutcome.FULL.value


def _timed_out(seen: Seen, event: m.LiftSessionAdvanced | m.LiftSessionEnded) -> bool:
    del seen
    return event.outcome == m.LiftOutcome.TIMED_OUT.value


def _left_elsewhere(seen: Seen, event: m.LiftSessionAdvanced) -> bool:
    del seen
    return event.floor is not None


def _recalled_with_robot(seen: Seen, event: m.LiftRecalled) -> bool:
    return _robot_in(seen, event.lift)


def _excluded_twin(seen: Seen, event: m.RobotExcluded) -> bool:
    del seen
    return event.reason == 'duplicate_name'


def _excluded_otherwise(seen: Seen, event: m.RobotExcluded) -> bool:
    del seen
    return event.reason != 'duplicate_name'


def _withdrawn(*reasons: str) -> _Holds:
    def holds(seen: Seen, event: m.RunWithdrawn) -> bool:
        del seen
        return event.reason in reasons

    return holds


def _turned_back(*, refused: bool) -> _Holds:
    def holds(seen: Seen, event: m.ParcelTurnedBack) -> bool:
        del seen
        return event.reason.startswith('refused') is refused

    return holds


def _alert(code: str) -> _Holds:
    def holds(seen: Seen, event: m.AlertRaised) -> bool:
        del seen
        return event.code == code

    return holds


def _round_a_bed(seen: Seen, event: m.LegsReplanned) -> bool:
    del event
    return any(kind is FaultKind.BED_IN_CORRIDOR for kind, _ in seen.lasting)


def _is_plain(delivery: Delivery) -> bool:
    return delivery.urgency in (Urgency.ROUTINE.value, Urgency.SCHEDULED.value)


def _stat_first(seen: Seen, event: m.RunAssigned) -> bool:
    """Whether something routine that was asked for before still waits for a robot."""
    delivery = seen.state.deliveries[event.delivery]
    return delivery.urgency == Urgency.STAT.value and any(
        d.state is DeliveryState.ACCEPTED and _is_plain(d) and d.number < delivery.number
        for d in seen.state.deliveries.values()
    )


def _shared_run(seen: Seen, event: m.RunAssigned) -> bool:
    robot = _robot(seen, event.robot)
    return robot is not None and len(robot.deliveries) > 1


def _on_top(seen: Seen, event: m.RunAssigned) -> bool:
    """Whether a robot that carries something takes up another parcel."""
    return _carries(seen, event.robot)


def _several_at_once(seen: Seen, event: m.RobotArrived) -> bool:
    robot = _robot(seen, event.robot)
    return robot is not None and len(seen.state.at_stop(robot)) > 1


def _opens_for_several(seen: Seen, event: m.OpeningAuthorised) -> bool:
    del seen
    return bool(event.also)


def _was_put_off(seen: Seen, event: m.RobotSentAway) -> bool:
    return seen.state.deliveries[event.delivery].put_off_until > seen.now


def _put_off_again(seen: Seen, event: m.ReceiptPutOff) -> bool:
    return seen.state.deliveries[event.delivery].put_offs > 1


def _charges(seen: Seen, event: m.LegPlanned) -> bool:
    del seen
    return event.purpose is m.Purpose.CHARGE


def _cuts_off(seen: Seen, event: m.PlaceClosed) -> bool:
    del seen
    return bool(event.stations or event.robots)


def _again(seen: Seen, event: m.ManagerStarted) -> bool:
    del seen
    return event.epoch > 1


def _raised(seen: Seen, event: m.DeliveryRequested) -> bool:
    del seen
    return event.raised


_K = FaultKind
_LOST_GRANT: Final = 'order with an opening lost'
_STALE: Final = 'order of a manager that is no more refused'
_REPLAYED: Final = 'request sent twice is one delivery'

#: What is looked at after each event of the journal.
EVENTS: Final[Mapping[type, Mapping[str, _Holds]]] = {
    m.DeliveryRequested: {'asked for more urgently': _raised},
    m.RunAssigned: {
        'STAT before routine': _stat_first,
        'several parcels in a run': _shared_run,
        'another parcel for a loaded robot': _on_top,
    },
    m.RunReordered: {'run in another order': _always},
    m.RunWithdrawn: {
        'cancelled while its robot was on its way': _withdrawn('cancelled'),
        'robot lost before it was loaded': _withdrawn('robot_unavailable', 'no_way'),
        'not loaded in time': _withdrawn('not_loaded'),
    },
    m.DeliveryExpired: {'expired': _always},
    m.RobotArrived: {'several parcels at a stop': _several_at_once},
    m.OpeningAuthorised: {'several parcels in one compartment': _opens_for_several},
    m.RobotSentAway: {
        'left the station with what it brought': _always,
        'went on with others when put off': _was_put_off,
    },
    m.ReceiptPutOff: {'put off by the recipient': _always, 'put off again': _put_off_again},
    m.OpeningExpired: {'opening expired unused': _always},
    m.OpeningUnused: {'closed as it was': _always},
    m.ParcelTurnedBack: {
        'refused by the recipient': _turned_back(refused=True),
        'not collected and turned back': _turned_back(refused=False),
    },
    m.ParcelReturned: {'returned to its sender': _always},
    m.ParcelStored: {'kept at a safe place': _always},
    m.ParcelRescued: {'rescued out of a robot': _always},
    m.PorterAsked: {'porter asked': _always},
    m.PorterTook: {'porter took it': _always},
    m.RobotSoiled: {'robot soiled': _always},
    m.RobotCleaned: {'robot cleaned': _always},
    m.LegPlanned: {'sent to charge': _charges},
    m.LegsReplanned: {
        'planned anew on the way': _always,
        'another way while a bed is in one': _round_a_bed,
    },
    m.LiftSessionAdvanced: {
        'cabin full': _full,
        'lift did not come': _timed_out,
        'robot left the car elsewhere': _left_elsewhere,
    },
    m.LiftSessionEnded: {'cabin full': _full, 'lift did not come': _timed_out},
    m.LiftRecalled: {
        'lift recalled': _always,
        'lift recalled with a robot inside': _recalled_with_robot,
    },
    m.LiftReleased: {'lift released by a person': _always},
    m.RobotExcluded: {
        'two robots of one name': _excluded_twin,
        'robot said what cannot be': _excluded_otherwise,
    },
    m.RobotReadmitted: {'robot readmitted by a person': _always},
    m.AlertRaised: {
        'door stuck before a robot': _alert('door_overdue'),
        'ride overdue': _alert('lift_overdue'),
        'robot stuck': _alert('robot_stuck'),
        'robot silent': _alert('robot_silent'),
        'lift silent': _alert('lift_silent'),
        'nonsense heard': _alert('malformed_report'),
        'battery low': _alert('battery_low'),
    },
    m.PlaceClosed: {'place closed': _always, 'closing cuts somebody off': _cuts_off},
    m.ManagerStarted: {'manager started again': _again},
}
#: What is looked at when a fault has just begun.
BEGINS: Final[Mapping[FaultKind, Mapping[str, _Holds]]] = {
    _K.ROBOT_DIES: {
        'robot dies in a lane': _in_lane,
        'robot dies in a lift': _in_car,
        'robot dies with a parcel inside': _loaded,
        'robot dies open': _is_open,
    },
    _K.ROBOT_RESTARTS: {
        'robot restarts in a lane': _in_lane,
        'robot restarts in a lift': _in_car,
        'robot restarts open': _is_open,
    },
    _K.BATTERY_FALLS: {'battery falls with a parcel inside': _loaded},
    _K.ROBOT_TELEPORTS: {'robot lost with a parcel inside': _loaded},
    _K.LIFT_STUCK: {'lift stuck with a robot inside': _lift_has_robot},
    _K.LIFT_OUT: {'lift out with a robot inside': _lift_has_robot},
    _K.LIFT_RESTARTS: {
        'lift restarts with a robot inside': _lift_has_robot,
        'lift restarts in a session': _lift_serves,
    },
    _K.LIFT_WRONG_FLOOR: {'lift goes wrong in a session': _lift_serves},
    _K.LIFT_HELD: {'lift held in a session': _lift_serves},
    _K.POWER_CUT: {'power cut while robots charge': _some_charge},
    _K.MANAGER_CRASHES: {
        'manager dies while a compartment is open': _any_open,
        'manager dies between load and release': _about_to_leave,
        'manager dies during a ride': _rides,
        'manager dies before a signature': _unsigned,
    },
    _K.MANAGER_FREEZES: {
        'manager freezes while a compartment is open': _any_open,
        'manager freezes during a ride': _rides,
    },
}
#: What is looked at when a fault is over.
ENDS: Final[Mapping[FaultKind, Mapping[str, _Holds]]] = {
    _K.NETWORK_CUT: {'network cut for more than a minute': _long},
    _K.ROBOT_CUT: {'loaded robot cut off for more than a minute': _cut_loaded},
}
_TABLES: Final = (*EVENTS.values(), *BEGINS.values(), *ENDS.values())
#: Every name, each once.
NAMES: Final = tuple(
    dict.fromkeys([*(n for rows in _TABLES for n in rows), _LOST_GRANT, _STALE, _REPLAYED])
)
