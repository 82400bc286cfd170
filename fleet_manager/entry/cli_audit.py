"""What the command line changes is on the audit list, under the name of who is logged in here."""

from __future__ import annotations

import getpass
import socket
from pathlib import Path
from typing import Final

from fleet_manager.application.audit import Audit, line
from fleet_manager.entry.clock import WallClock

#: In the place of a role: who works in a terminal has the rights of this machine.
CLI: Final = 'cli'


def note(audit: Audit, deed: str, subject: str) -> None:
    """Add a line: it is on the disk when this returns. Raises StoreFailed."""
    try:
        who = getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        who = '?'
    audit.note(
        line(WallClock().now(), who, CLI, deed, subject=subject, place=socket.gethostname())
    )


def note_in(state_dir: Path, database_url: str, deed: str, subject: str) -> None:
    """Add a line where another store than that of the accounts was changed. Raises StoreFailed."""
    from fleet_manager.entry.composition import open_accounts
    from fleet_manager.entry.settings import Settings

    accounts = open_accounts(Settings(state_dir=state_dir, database_url=database_url))
    try:
        note(accounts, deed, subject)
    finally:
        accounts.close()
