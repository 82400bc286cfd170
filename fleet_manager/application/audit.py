"""The audit list: who did what, when, from where, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final, Protocol

from fleet_manager.domain.ids import AccountId
from fleet_manager.domain.messages import Command
from fleet_manager.domain.rights import commands
from fleet_manager.domain.units import Instant

#: Deeds of people that are no command to the kernel.
DEEDS: Final = (
    'log_in', 'log_out', 'confirm', 'secret_changed', 'station_chosen', 'session_ended',
    'account_made', 'account_changed', 'account_disabled', 'account_enabled', 'secret_renewed',
    'badge_given', 'badge_removed', 'key_made', 'key_revoked', 'favourite_changed',
    'timetable_changed', 'meals_ordered', 'beds_changed', 'contents_listed', 'stock_counted',
    'stock_imported', 'proposal_dismissed', 'note_written', 'note_taken_over',
    'complaint_recorded', 'complaint_answered', 'complaint_closed', 'porter_said_comes',
    'porter_said_not', 'panel_offered', 'panel_paired', 'panel_forgotten', 'webhook_made',
    'webhook_changed', 'retention_asked', 'retention_held', 'retention_released',
    'dead_letters_dismissed', 'missing_booked', 'account_linked', 'account_unlinked',
)  # fmt: skip
#: The outcome of what was done.
DONE: Final = 'ok'
#: What a command is about, by the names of its fields, the most telling first.
_SUBJECTS: Final = (
    'delivery', 'robot', 'lift', 'alert', 'closure', 'place', 'hospital', 'recipient',
)  # fmt: skip
MAX_TEXT: Final = 160


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list. `outcome` is 'ok' or the code of a refusal; `seq` 0 when new."""

    at: Instant
    who: str
    role: str
    deed: str
    subject: str
    outcome: str
    place: str
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines are asked for: newest first, those with a smaller number than `before`."""

    who: str = ''
    deed: str = ''
    refused: bool = False
    since: Instant = Instant(0)
    until: Instant = Instant(0)
    before: int = 0


class Audit(Protocol):
    """Where the lines are kept. Calls block: use a thread."""

    def note(self, line: Line) -> None:
        """Add a line; it is on the disk when this returns."""

    def lines(self, wanted: Wanted, *, limit: int) -> Sequence[Line]:
        """Return the newest lines that are wanted, newest first."""


def all_deeds() -> tuple[str, ...]:
    """Return every deed a line can be about."""
    return (*sorted(command.__name__ for command in commands()), *DEEDS)


def line_of(command: Command, at: Instant, outcome: str, place: str, delivery: str | None) -> Line:
    """Return the line of a command; `delivery` is the one it made, if it made one."""
    actor = command.actor
    return Line(
        at,
        actor.account,
        actor.role,
        type(command).__name__,
        delivery or _subject(command),
        outcome,
        place,
    )


def line(at: Instant, who: AccountId | str, role: str, deed: str, **more: str) -> Line:
    """Return the line of another deed. `more`: `subject`, `outcome`, `place`."""
    cut = {name: text[:MAX_TEXT] for name, text in more.items()}
    return Line(at, who, role, deed, cut.get('subject', ''), cut.get('outcome', DONE),
                cut.get('place', ''))  # fmt: skip


def _subject(command: Command) -> str:
    named = {one.name for one in fields(command)}
    found = next((name for name in _SUBJECTS if name in named), '')
    value = getattr(command, found, '')
    return str(getattr(value, 'version', value))[:MAX_TEXT]
