"""The log: one more reader of the events. It says what began and what ended, not what goes on."""

from __future__ import annotations

import logging
import sys
from typing import Final

import structlog

from fleet_manager.domain import messages as m
from fleet_manager.domain.units import Instant

#: Events a person reading the log wants to see; the rest is in the journal.
EDGES: Final = (
    m.ManagerStarted,
    m.DeliveryRequested,
    m.DeliveryCancelled,
    m.DeliveryExpired,
    m.RunAssigned,
    m.RunWithdrawn,
    m.ParcelLoaded,
    m.ParcelTaken,
    m.DeliveryReceived,
    m.RobotPlaced,
    m.RobotExcluded,
    m.RobotReadmitted,
    m.RobotPaused,
    m.RobotResumed,
    m.FleetPaused,
    m.FleetResumed,
    m.RobotSentAway,
    m.PlaceClosed,
    m.PlaceOpened,
    m.AlertRaised,
    m.AlertCleared,
    m.MapSwapAsked,
    m.MapSwapped,
    m.MapSwapRefused,
    m.MapSwapCancelled,
)
_FIELDS: Final = ('delivery', 'robot', 'lift', 'alert', 'reason', 'epoch', 'version', 'closure')

log = structlog.get_logger('fleet')


def witness(at: Instant, event: m.Event) -> None:
    """Write the event to the log when it is an edge. No names, no notes: ids only."""
    if isinstance(event, EDGES):
        fields = {f: getattr(event, f) for f in _FIELDS if hasattr(event, f)}
        log.info(type(event).__name__, at_ms=at, **fields)


def set_up(*, level: str, json: bool) -> None:
    """Log structured lines to standard error: JSON for machines, columns for people."""
    renderer = (
        structlog.processors.JSONRenderer()
        if json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt='iso', utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
