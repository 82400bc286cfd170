"""Days of a calendar at the hospital, as forms send them and as moments."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo

from fleet_manager.domain.units import Instant


def a_day(value: object) -> object:
    """Read an ISO date of a form, None for an empty field. Raises ValueError."""
    return date.fromisoformat(value) if isinstance(value, str) and value else None


def midnight(day: date, zone: tzinfo, *, after: int = 0) -> Instant:
    """Return when a day begins in a zone, or one `after` it; not every day has 24 hours."""
    begins = datetime.combine(day + timedelta(after), time(), zone)
    return Instant(round(begins.timestamp() * 1_000))


def today(now: Instant, zone: tzinfo) -> date:
    """Return the date in a zone."""
    return datetime.fromtimestamp(now / 1_000, zone).date()
