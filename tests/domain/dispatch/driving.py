"""A fleet that only plans and drives, seen by the rules of dispatch: a turn made by hand."""

from __future__ import annotations

from fleet_manager.domain.deliveries.goods import GOODS, PROMISES
from fleet_manager.domain.ids import (
    AccountId,
    CompartmentId,
    DeliveryId,
    NodeId,
    RobotId,
    RunId,
    StationId,
)
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import (
    Actor,
    DeliveryRequested,
    Event,
    LegsReplanned,
    PoseReport,
    RobotReport,
    Role,
    RunAssigned,
)
from fleet_manager.domain.state import RobotSense, Sensed
from fleet_manager.domain.turn import Turn
from fleet_manager.domain.units import Instant
from tests.domain.traffic.fleet import Fleet

NURSE = Actor(AccountId('ward'), Role.WARD)


class Driving(Fleet):
    """A fleet with robots that are heard, deliveries they serve, and a turn whenever asked for."""

    def __init__(self, hospital: Hospital) -> None:
        super().__init__(hospital)
        self.sensed = Sensed(started=self.now)
        self.said: list[Event] = []
        self.silent: set[str] = set()

    def turn(self) -> Turn:
        for robot in self.state.robots.values():
            if robot.id not in self.silent:
                self._hear(robot.id)
        return Turn(self.state, self.sensed, self.graph, self.now, self._say)

    def replans(self) -> list[LegsReplanned]:
        return [event for event in self.said if isinstance(event, LegsReplanned)]

    def carry(self, robot: str, goods: str, *, ago: int = 0) -> DeliveryId:
        """Let a robot serve a delivery that was asked for some time ago."""
        number = self.state.deliveries_made + 1
        name, asked = DeliveryId(f'D{number:06d}'), Instant(self.now - ago)
        first, *_, last = self.hospital.stations
        urgency = GOODS[goods].urgency
        before, self.now = self.now, asked
        self.apply(
            DeliveryRequested(
                name,
                number,
                key=name,
                body_hash='',
                actor=NURSE,
                goods=goods,
                sender=StationId(first),
                recipient=StationId(last),
                urgency=urgency.value,
                promised_at=Instant(asked + PROMISES[urgency].within),
            )
        )
        run, box = RunId(f'R{number:06d}'), CompartmentId('c1')
        self.apply(RunAssigned(run, RobotId(robot), name, box, cost_ms=0, runners_up=()))
        self.now = before
        return name

    def _say(self, event: Event) -> None:
        self.said.append(event)
        self.apply(event)

    def _hear(self, robot: RobotId) -> None:
        place = self.hospital.nodes[self.state.robots[robot].node]
        report = RobotReport(
            robot=robot,
            incarnation='1',
            sequence=1,
            epoch=1,
            map_version=self.hospital.version,
            order_id='',
            order_update=0,
            last_node=NodeId(place.id),
            last_sequence=0,
            floor=place.floor,
            x=place.x,
            y=place.y,
            yaw=0.0,
            speed=0.0,
            battery=0.9,
            charging=False,
            mode='idle',
            last_grant=0,
            compartments=(),
        )
        pose = PoseReport(robot, place.floor, place.x, place.y, 0.0)
        known = self.sensed.robots.get(robot)
        since = known.since if known is not None else self.now
        self.sensed.robots[robot] = RobotSense(report, self.now, pose, since=since)
