"""Runs a program of the hospital with one mechanism broken: `broken.py WHAT MODULE ARGUMENTS…`."""

from __future__ import annotations

import importlib
import sys
from typing import Any


def follower() -> None:
    """A robot whose steering pulls to the left."""
    from robot_nodes.core.follower import Follower, Speeds

    original = Follower.drive

    def drive(self: Follower, *args: Any, **named: Any) -> Speeds:
        speeds = original(self, *args, **named)
        return Speeds(speeds.ahead, speeds.turn + (0.8 if speeds.ahead > 0.1 else 0.0))

    Follower.drive = drive  # type: ignore[method-assign]


def lift_floor() -> None:
    """A lift whose two upper floors were connected the wrong way round."""
    from robot_nodes.core.lift_controller import LiftController

    original = LiftController.__init__

    def begin(self: LiftController, floors: tuple[tuple[str, float], ...]) -> None:
        low, (second, height), (third, above), *rest = floors
        original(self, (low, (second, above), (third, height), *rest))

    LiftController.__init__ = begin  # type: ignore[method-assign]


def claim() -> None:
    """A manager that lets robots onto lanes without taking the lanes for them."""
    from fleet_manager.domain import messages
    from fleet_manager.domain.traffic import release

    def released(robot: Any, *, claims: tuple[str, ...], **named: Any) -> messages.HopsReleased:
        nodes = tuple(one for one in claims if not one.startswith('lane:'))
        return messages.HopsReleased(robot, claims=nodes, **named)  # type: ignore[arg-type]

    release.HopsReleased = released  # type: ignore[assignment, misc]


if __name__ == '__main__':
    what, module, *arguments = sys.argv[1:]
    {'follower': follower, 'lift_floor': lift_floor, 'claim': claim}[what]()
    sys.argv = [module, *arguments]
    sys.exit(importlib.import_module(module).main())
