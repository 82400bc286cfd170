"""Erase what is personal and old: the kernel only says so, the journal's keeper does it."""

from __future__ import annotations

from fleet_manager.domain.messages import ApplyRetention, RetentionApplied
from fleet_manager.domain.turn import Turn


def apply_retention(turn: Turn, command: ApplyRetention) -> None:
    """Say what is erased; nothing of a delivery that is still in sight."""
    over = tuple(name for name in command.deliveries if name not in turn.state.deliveries)
    if over or command.through:
        turn.emit(RetentionApplied(command.sort, over, command.through, command.before))
