"""The port to a physics engine: steps of time, speeds and set points in, poses and contacts out.

An engine is driven in lock-step: between two `step` nothing moves. What it is told holds until it
is told otherwise. Names are those of the world's `Scene`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

#: A model's joint: (model, joint).
JointName = tuple[str, str]


class EngineError(Exception):
    """An engine is missing, did not start, ended, or refused; the text is one clear sentence."""


@dataclass(frozen=True, slots=True)
class BodyPose:
    """Where a model is in the frame of the world: metres, radians."""

    x: float
    y: float
    z: float
    yaw: float
    roll: float = 0.0
    pitch: float = 0.0


@dataclass(frozen=True, slots=True)
class JointState:
    """A slider's position in metres and its speed in metres a second."""

    position: float
    speed: float


@dataclass(frozen=True, slots=True)
class Contact:
    """Two collision shapes that touched, `model::link::collision`, in order of their names.

    `depth` is how deep at most, in metres. Wheels and casters are not reported: they always touch
    the floor.
    """

    first: str
    second: str
    depth: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The world after a step. `poses` has every model that is not static, by its name.

    `joints` has every slider that was told something, `contacts` each pair that touched at any
    time since the snapshot before.
    """

    seconds: float
    poses: Mapping[str, BodyPose]
    joints: Mapping[JointName, JointState]
    contacts: tuple[Contact, ...] = ()


class Engine(Protocol):
    """One running world. Everything may raise EngineError; `close` leaves no process behind."""

    #: `kinematic`, `classic` or `sim`.
    name: str
    #: Seconds of a step.
    dt: float

    def start(self) -> Snapshot:
        """Start the world, standing still at time 0."""

    def drive(self, model: str, *, ahead: float, turn: float) -> None:
        """Set the speeds of a robot's base: metres a second forwards, radians a second left."""

    def slide(self, model: str, joint: str, *, to: float, speed: float) -> None:
        """Send a slider to a position with at most `speed`: doors, cars, people, beds."""

    def step(self, steps: int) -> Snapshot:
        """Run so many steps."""

    def reset(self) -> Snapshot:
        """Go back to the world as it began; what it was told is forgotten."""

    def close(self) -> None:
        """End the engine. May be called twice, and after a failure."""
