"""One subscription, with a limit on everything: size, rate, and what goes wrong inside."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import structlog
from rclpy.serialization import deserialize_message

from fleet_manager.adapters.ros.convert import unreadable
from fleet_manager.adapters.ros.qos import Topic
from fleet_manager.domain.messages import MalformedReport, Report

#: The largest honest message (32 compartments, 16 errors, all at full length) has 14 KiB.
MAX_MESSAGE_BYTES: Final = 65_536
#: A robot is heard 20 times a second; the newest message in between waits for its turn. What a
#: robot says is cumulative, so nothing is lost, and a flood costs no more than taking it in.
ROBOT_INTERVAL_SECONDS: Final = 0.05
#: A device that says good and bad things in turn is logged once a minute.
LOG_INTERVAL_SECONDS: Final = 60.0

_log = structlog.get_logger()


class Ear:
    """Hears one topic: raw bytes in, at most one report out for each message. Never raises.

    `device` is who a message is put down to when it cannot even be read. With `interval` the
    topic belongs to one device, and older messages give way to newer ones; 0 hears everything.
    Lives in the ROS thread. The bytes are taken raw, so that an absurd size is turned down
    before anything is built from it.
    """

    def __init__(
        self,
        topic: Topic,
        *,
        device: str,
        convert: Callable[[Any], Report],
        report: Callable[[Report], None],
        counters: dict[str, int],
        interval: float,
    ) -> None:
        self._topic = topic
        self._device = device
        self._convert = convert
        self._report = report
        self._counters = counters
        self._interval = interval
        self._waiting: bytes | None = None
        self._next_turn = 0.0
        self._next_log = 0.0
        self._next_exception_log = 0.0
        for count in ('received', 'malformed', 'superseded', 'exceptions'):
            counters.setdefault(f'{topic.kind}.{count}', 0)

    def hear(self, payload: bytes) -> None:
        """Take a message: the subscription's callback."""
        self._count('received')
        if self._interval:
            now = time.monotonic()
            if now < self._next_turn:
                if self._waiting is not None:
                    self._count('superseded')
                self._waiting = payload
                return
            self._next_turn = now + self._interval
            if self._waiting is not None:
                self._waiting = None
                self._count('superseded')
        self._pass_on(payload)

    def catch_up(self, *, at: float) -> float | None:
        """Pass on the message that waits, if it is its turn. Returns when its turn is, or None."""
        if self._waiting is None:
            return None
        if at < self._next_turn:
            return self._next_turn
        payload, self._waiting = self._waiting, None
        self._next_turn = at + self._interval
        self._pass_on(payload)
        return None

    def _pass_on(self, payload: bytes) -> None:
        try:
            report = self._read(payload)
            if isinstance(report, MalformedReport):
                self._count('malformed')
                self._complain(report)
            self._report(report)
        except Exception:  # noqa: BLE001 - what leaves a callback ends the node
            self._count('exceptions')
            now = time.monotonic()
            if now >= self._next_exception_log:
                self._next_exception_log = now + LOG_INTERVAL_SECONDS
                _log.exception('ros.callback_failed', topic=self._topic.kind, device=self._device)

    def _read(self, payload: bytes) -> Report:
        if len(payload) > MAX_MESSAGE_BYTES:
            return self._unreadable(payload)
        try:
            message = deserialize_message(payload, self._topic.type)
        except RuntimeError:  # the base of what rclpy raises for its lower layers
            return self._unreadable(payload)
        return self._convert(message)

    def _unreadable(self, payload: bytes) -> MalformedReport:
        kind = self._topic.kind.replace('_', ' ')
        return unreadable(kind, device=self._device, size=len(payload), limit=MAX_MESSAGE_BYTES)

    def _complain(self, report: MalformedReport) -> None:
        now = time.monotonic()
        if now >= self._next_log:
            self._next_log = now + LOG_INTERVAL_SECONDS
            _log.warning('ros.malformed', device=report.device, problem=report.problem)

    def _count(self, what: str) -> None:
        self._counters[f'{self._topic.kind}.{what}'] += 1
