"""The way into the kernel: a bounded queue for people, one place per device for reports."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

from fleet_manager.application.ports import Overloaded, Reply
from fleet_manager.domain.messages import (
    Command,
    DoorReport,
    LiftReport,
    LockReport,
    MalformedReport,
    PoseReport,
    Report,
    RobotReport,
    WebhookReport,
)

#: Commands that may wait: some seconds of the worst burst. One more is told to come back (503).
MAX_COMMANDS: Final = 1_000
#: Devices whose newest report is kept: far more than any fleet; a stranger cannot fill the memory.
MAX_DEVICES: Final = 4_096
#: Programs that may speak as one robot and each keep their newest report.
MAX_PROGRAMS: Final = 3


@dataclass(slots=True)
class Mail:
    """What came in since the last look: commands in order, the newest report of each device."""

    commands: list[tuple[Command, Future[Reply]]] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)


class BoundedMailbox:
    """Takes messages from every thread; one thread empties it. A delivery is never dropped."""

    def __init__(self) -> None:
        self._ready = threading.Condition()
        self._commands: deque[tuple[Command, Future[Reply]]] = deque()
        self._reports: dict[tuple[str, str, str], Report] = {}
        self._programs: dict[str, list[str]] = {}
        self._open = True

    def submit(self, command: Command) -> Future[Reply]:
        """Post a command. Raises Overloaded when full or closing; nothing was accepted then."""
        future: Future[Reply] = Future()
        with self._ready:
            if not self._open or len(self._commands) >= MAX_COMMANDS:
                raise Overloaded
            self._commands.append((command, future))
            self._ready.notify()
        return future

    def report(self, report: Report) -> None:
        """Post a report; an older one of the same device and kind that waits is replaced.

        Two programs that speak as one robot are two: else one that always speaks right after the
        other would hide it.
        """
        with self._ready:
            key = (type(report).__name__, _device(report), self._program(report))
            if key in self._reports or len(self._reports) < MAX_DEVICES:
                self._reports[key] = report
            if not isinstance(report, PoseReport):
                self._ready.notify()

    def take(self, *, wait: float) -> Mail:
        """Return everything that waits, after at most `wait` seconds; empty when nothing came."""
        with self._ready:
            if not self._commands and not self._reports and self._open:
                self._ready.wait(wait)
            mail = Mail(list(self._commands), list(self._reports.values()))
            self._commands.clear()
            self._reports.clear()
            self._programs.clear()
        return mail

    def _program(self, report: Report) -> str:
        """Return who speaks as a robot; one who always has another name gets one place."""
        if not isinstance(report, RobotReport):
            return ''
        known = self._programs.setdefault(report.robot, [])
        if report.incarnation not in known and len(known) < MAX_PROGRAMS:
            known.append(report.incarnation)
        return report.incarnation if report.incarnation in known else known[-1]

    def close(self) -> None:
        """Accept no more commands; wake the reader."""
        with self._ready:
            self._open = False
            self._ready.notify()

    def waiting(self) -> int:
        """Return how many commands wait."""
        return len(self._commands)


def _device(report: Report) -> str:
    if isinstance(report, LiftReport):
        return report.lift
    if isinstance(report, DoorReport):
        return report.door
    if isinstance(report, MalformedReport):
        return report.device
    if isinstance(report, LockReport):
        return report.account or report.compartment
    if isinstance(report, WebhookReport):
        return report.webhook
    return report.robot
