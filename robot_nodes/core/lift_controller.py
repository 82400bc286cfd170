"""The controller of one lift, with the habits of Open-RMF's lift adapters.

A session holds the car: only its holder moves it. Requests are levels, repeated by who sends them.

| state | on | becomes |
|---|---|---|
| free | AGV request | held by its session |
| held | AGV request of the holder | held, with the new destination and door |
| held | request of another | held: it is not heard, and is repeated |
| held | END_SESSION, HUMAN_MODE of the holder | free |
| held | no request for `LEASE`, car and doorway empty | free |

A controller that starts again has lost its session. It takes the next AGV request for it, and
never moves the car or its door before one came: a robot may be inside.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from fleet_manager.domain.units import Instant, Millis
from robot_nodes.core.body import LEVEL

#: A holder that says nothing for so long is gone; the car is kept while something is in it or
#: in its door.
LEASE: Final = Millis(30_000)
#: Sensors older than this are no proof that a car is empty.
SENSORS_FRESH: Final = Millis(3_000)


class RequestKind(IntEnum):
    """What is asked; the figures of LiftRequest.msg."""

    END_SESSION = 0
    AGV_MODE = 1
    HUMAN_MODE = 2


class DoorState(IntEnum):
    """The car's door; the figures of LiftState.msg."""

    CLOSED = 0
    MOVING = 1
    OPEN = 2


class Mode(IntEnum):
    """The lift's mode; the figures of LiftState.msg."""

    UNKNOWN = 0
    HUMAN = 1
    AGV = 2
    FIRE = 3
    OFFLINE = 4
    EMERGENCY = 5


class Motion(IntEnum):
    """Which way the car moves; the figures of LiftState.msg."""

    STOPPED = 0
    UP = 1
    DOWN = 2


class Cabin(IntEnum):
    """Whether somebody or something is in the car; the figures of LiftState.msg."""

    UNKNOWN = 0
    EMPTY = 1
    OCCUPIED = 2


@dataclass(frozen=True, slots=True)
class Request:
    """One LiftRequest for this lift."""

    session: str
    kind: RequestKind
    destination: str = ''
    door_open: bool = False


@dataclass(frozen=True, slots=True)
class Sensors:
    """What the lift feels: height in metres, speed in m/s up, door 0 shut .. 1 open.

    `obstructed`: something stands in the light curtain of the open door.
    """

    height: float
    speed: float
    door: float
    occupied: bool
    at: Instant
    obstructed: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """Set points for the drive and the door."""

    height: float
    door: float


@dataclass(frozen=True, slots=True)
class Status:
    """What LiftState says."""

    current_floor: str
    destination_floor: str
    door: DoorState
    motion: Motion
    mode: Mode
    session: str
    cabin: Cabin = Cabin.EMPTY


class LiftController:
    """Decides where the car goes. `floors` are (id, elevation in metres) from below."""

    def __init__(self, floors: tuple[tuple[str, float], ...]) -> None:
        self._floors = dict(floors)
        self._session = ''
        self._destination = ''
        self._door_open = False
        self._heard = Instant(0)
        self._sensors: Sensors | None = None
        self._command: Command | None = None
        self._last_floor = ''
        #: A mode the building forces on the lift: fire, emergency, out of service. Nobody rides.
        self.forced: Mode | None = None
        #: People stand in the car, for trials.
        self.crowded = False

    def feel(self, sensors: Sensors) -> None:
        """Take over what the sensors say."""
        self._sensors = sensors
        self._last_floor = self._level_with(sensors) or self._last_floor

    def ask(self, request: Request, *, now: Instant) -> bool:
        """Hear a request. False: not now, or not from you; it may be repeated."""
        if not request.session:
            return False
        if self._session not in ('', request.session):
            return False
        if request.kind is not RequestKind.AGV_MODE:
            if self._session:
                self._free()
            return True
        if request.destination not in self._floors or self.forced is not None:
            return False
        self._session, self._heard = request.session, now
        self._destination, self._door_open = request.destination, request.door_open
        self._command = self._wish()
        return True

    def step(self, now: Instant) -> Command | None:
        """Return the set points, or None where there is no reason to touch anything yet."""
        self._heard = min(self._heard, now)
        if self._session and now - self._heard > LEASE and self._is_surely_empty(now):
            self._free()
        return self._command

    def status(self) -> Status | None:
        """Return what LiftState says now, or None while it is not known where the car is."""
        sensors = self._sensors
        if sensors is None or not self._last_floor:
            return None
        door = DoorState.MOVING
        if sensors.door >= 0.98:
            door = DoorState.OPEN
        elif sensors.door <= 0.0:
            door = DoorState.CLOSED
        motion = Motion.STOPPED
        if abs(sensors.speed) > 1e-3:
            motion = Motion.UP if sensors.speed > 0 else Motion.DOWN
        mode = self.forced or (Mode.AGV if self._session else Mode.HUMAN)
        destination = self._destination or self._last_floor
        cabin = Cabin.OCCUPIED if sensors.occupied or self.crowded else Cabin.EMPTY
        return Status(self._last_floor, destination, door, motion, mode, self._session, cabin)

    def _wish(self) -> Command:
        return Command(self._floors[self._destination], 1.0 if self._door_open else 0.0)

    def _free(self) -> None:
        """Give the car back: it stays where it goes, its door shuts."""
        self._session, self._door_open = '', False
        if self._destination:
            self._command = self._wish()
        elif self._command is not None:
            self._command = Command(self._command.height, 0.0)
        self._destination = ''

    def _is_surely_empty(self, now: Instant) -> bool:
        sensors = self._sensors
        if sensors is None or sensors.occupied or sensors.obstructed:
            return False
        return now - sensors.at <= SENSORS_FRESH

    def _level_with(self, sensors: Sensors) -> str:
        for floor, elevation in self._floors.items():
            if abs(sensors.height - elevation) <= LEVEL:
                return floor
        return ''
