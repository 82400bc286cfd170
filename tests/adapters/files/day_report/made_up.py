"""A day that looks like a real one, made up from a seed: for pictures, sizes and odd values."""

from __future__ import annotations

import math
from random import Random

from fleet_manager.application.days.result import (
    ClassResult,
    DayResult,
    DeliveryLine,
    Late,
    LiftHour,
    LiftResult,
    RobotResult,
    Spread,
    Trail,
)
from fleet_manager.application.days.scenario import Expectations, Scenario
from fleet_manager.domain.ids import RobotId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.units import HOUR, MINUTE, SECOND

#: Midnight in China, 2026-01-05.
MIDNIGHT = 1_767_542_400_000
PARTS = (
    'robot',
    'coming',
    'lift',
    'ride',
    'blocked',
    'staff',
    'loading',
    'other_stops',
    'driving',
)
PROMISES = {'stat': 30, 'urgent': 30, 'routine': 120, 'scheduled': 90}
GOODS = {'blood': 'stat', 'drug': 'urgent', 'specimen': 'urgent', 'supply': 'routine'}
PROFILE = (2, 1, 1, 1, 2, 4, 8, 9, 10, 9, 7, 7, 6, 6, 6, 6, 8, 8, 5, 4, 3, 3, 2, 2)
EXPECT = Expectations(on_time=0.99, on_time_urgent=1.0, alerts_per_hour=2.0, still_open=0)


def scenario(name: str = 'reference_day') -> Scenario:
    return Scenario(
        name=name,
        hospital='maps/general_hospital',
        title={'zh': '综合医院的一天', 'en': 'A day of the general hospital'},
        expect=EXPECT,
    )


def made_up(hospital: Hospital, *, deliveries: int = 3_000, seed: int = 7) -> DayResult:
    """Return a day with late deliveries, waiting at lifts, and robots that drove about."""
    rng = Random(seed)
    lines = [_line(rng, hospital, number) for number in range(deliveries)]
    late = [one for line in lines if (one := _late(rng, line))]
    late.sort(key=lambda one: -one.late_ms)
    causes: dict[str, int] = {}
    for one in late:
        causes[one.cause] = causes.get(one.cause, 0) + 1
    waits = [str(stop.wait) for lift in hospital.lifts.values() for stop in lift.stops]
    ways = [str(node.id) for node in hospital.nodes.values() if node.floor]
    waiting = {node: int(rng.expovariate(1 / (9 * MINUTE))) for node in waits}
    waiting |= {rng.choice(ways): int(rng.expovariate(1 / (2 * MINUTE))) for _ in range(120)}
    hours = tuple(
        (
            hour,
            sum(_hour(one) == hour for one in lines),
            sum(_hour(one) == hour and not _is_late(one) for one in lines),
        )
        for hour in range(24)
    )
    return DayResult(
        scenario='reference_day',
        hospital=str(hospital.id),
        map_version=hospital.version,
        seed=seed,
        version='0.5.0',
        dispatch='runs',
        started_at=MIDNIGHT,
        ended_at=MIDNIGHT + 25 * HOUR,
        accepted=deliveries,
        delivered=deliveries - 9,
        returned=4,
        cancelled=3,
        expired=2,
        failed=0,
        open=0,
        by_porter=11,
        refused_requests=2,
        on_time=1 - len(late) / deliveries,
        by_urgency=tuple(
            _class(lines, name, 'urgency') for name in PROMISES if name != 'scheduled'
        ),
        by_goods=tuple(_class(lines, name, 'goods') for name in GOODS),
        by_hour=hours,
        violations=(),
        overlaps=0,
        deadlocks=0,
        custody_gaps=0,
        lost=0,
        lifts=tuple(_lift(rng, lift) for lift in hospital.lifts),
        robots=tuple(_robot(rng, robot) for robot in hospital.robots),
        alerts_per_hour=1.4,
        replans_per_delivery=0.82,
        parcels_per_run=2.93,
        late=tuple(late),
        causes=dict(sorted(causes.items(), key=lambda row: -row[1])),
        eta_p80_held=0.83,
        faults={},
        sometimes={'two robots met in a corridor': 31, 'a lift was full': 220, 'a fire': 0},
        unmet=(),
        wall_seconds=41.3,
        ticks=180_000,
        events=301_442,
        journal_sha256='9c' * 32,
        waiting_ms=waiting,
        lines=tuple(lines),
        trails=tuple(_trail(rng, hospital, robot) for robot in hospital.robots),
    )


def _line(rng: Random, hospital: Hospital, number: int) -> DeliveryLine:
    hour = rng.choices(range(24), PROFILE)[0]
    at = MIDNIGHT + hour * HOUR + rng.randrange(HOUR)
    goods = rng.choices(list(GOODS), (3, 35, 35, 27))[0]
    urgency = GOODS[goods]
    sender, recipient = rng.sample(list(hospital.stations), 2)
    promise = PROMISES[urgency] * MINUTE
    took = int(rng.lognormvariate(math.log(promise * 0.42), 0.38))
    assigned = at + took // 4
    return DeliveryLine(
        delivery=f'D{number + 1:06d}',
        goods=goods,
        urgency=urgency,
        sender=sender,
        recipient=recipient,
        state='delivered',
        requested_at=at,
        promised_at=at + promise,
        assigned_at=assigned,
        loaded_at=assigned + took // 3,
        arrived_at=at + took,
        received_at=at + took + rng.randrange(8 * MINUTE),
        robot=rng.choice(list(hospital.robots)),
        ready_at=at,
    )


def _hour(line: DeliveryLine) -> int:
    return (line.requested_at - MIDNIGHT) // HOUR


def _is_late(line: DeliveryLine) -> bool:
    return (line.arrived_at or 0) > line.promised_at


def _late(rng: Random, line: DeliveryLine) -> Late | None:
    if not _is_late(line) or line.arrived_at is None:
        return None
    shares = [rng.random() ** 2 for _ in PARTS]
    whole = line.arrived_at - line.requested_at
    causes = {
        name: int(whole * share / sum(shares)) for name, share in zip(PARTS, shares, strict=True)
    }
    cause = max(causes, key=lambda name: causes[name] * (name not in ('driving', 'coming')))
    return Late(
        delivery=line.delivery,
        goods=line.goods,
        urgency=line.urgency,
        sender=line.sender,
        recipient=line.recipient,
        requested_at=line.requested_at,
        late_ms=line.arrived_at - line.promised_at,
        robot=line.robot,
        cause=cause,
        causes=causes,
        ready_at=line.ready_at,
    )


def _class(lines: list[DeliveryLine], name: str, field: str) -> ClassResult:
    ones = [one for one in lines if getattr(one, field) == name]
    took = sorted(((one.arrived_at or 0) - one.ready_at) / MINUTE for one in ones)
    spread = Spread(
        round(took[len(took) // 2], 2), round(took[int(0.95 * len(took))], 2), round(took[-1], 2)
    )
    share = sum(not _is_late(one) for one in ones) / len(ones)
    return ClassResult(name, len(ones), share, spread, spread)


def _lift(rng: Random, lift: str) -> LiftResult:
    hours = tuple(
        LiftHour(
            hour,
            round(min(0.95, PROFILE[hour] / 13 * rng.uniform(0.6, 1.2)), 3),
            round(PROFILE[hour] / 3 * rng.uniform(0.3, 1.5), 2),
        )
        for hour in range(24)
    )
    return LiftResult(
        lift=lift,
        rides=rng.randrange(200, 700),
        utilisation=round(sum(one.utilisation for one in hours) / 24, 4),
        wait=Spread(0.4, 3.2, 11.9),
        outcomes={'done': 600, 'full': rng.randrange(90), 'timed_out': 3},
        by_hour=hours,
    )


def _robot(rng: Random, robot: str) -> RobotResult:
    busy = rng.uniform(0.5, 0.8)
    return RobotResult(
        robot=robot,
        type='standard',
        busy=round(busy, 3),
        charging=round(rng.uniform(0.05, 0.18), 3),
        metres_loaded=rng.uniform(7e3, 12e3),
        metres_empty=rng.uniform(2e3, 5e3),
        parcels=rng.randrange(110, 190),
        runs=rng.randrange(45, 70),
        lowest_battery=round(rng.uniform(0.1, 0.5), 2),
    )


def _trail(rng: Random, hospital: Hospital, robot: str) -> Trail:
    """Return a robot that wanders along lanes, stops, and takes every lift it comes by."""
    node, at = hospital.robots[RobotId(robot)].home, MIDNIGHT
    cars = {stop.wait: lift for lift in hospital.lifts.values() for stop in lift.stops}
    marks: list[tuple[int, str]] = [(at, node)]
    before = node
    while at < MIDNIGHT + 24 * HOUR:
        if rng.random() < 0.08 or (node in cars and rng.random() < 0.9):
            at += rng.randrange(5 * SECOND, 3 * MINUTE)
            marks.append((at, node))
        if node in cars:
            lift = cars[node]
            at += 10 * SECOND
            marks.append((at, lift.car))
            at += rng.randrange(15, 50) * SECOND
            before, node = lift.car, rng.choice(lift.stops).exit
        else:
            lanes = [hospital.lanes[lane] for lane in hospital.lanes_at[node]]
            onto = [lane.b if lane.a == node else lane.a for lane in lanes]
            waits = [one for one in onto if one in cars]
            ahead = waits or [one for one in onto if one != before] or onto
            before, node = node, rng.choice(ahead)
            at += 8 * SECOND
        marks.append((at, node))
    return Trail(robot, tuple(marks))
