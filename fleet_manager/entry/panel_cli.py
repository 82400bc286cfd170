"""`fleet panel`: which device is the screen of which robot."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fleet_manager.entry.cli_audit import note_in

if TYPE_CHECKING:
    from fleet_manager.adapters.db.panels import SqlPanels

panel = typer.Typer(no_args_is_help=True, help='The screens on robots.')

_Robot = Annotated[str, typer.Argument(help='The robot, as the map names it: r1.')]
_State = Annotated[
    Path, typer.Option(help='Folder with journal and accounts.', envvar='FLEET_STATE_DIR')
]
_Url = Annotated[
    str,
    typer.Option(help='Database URL instead of the state folder.', envvar='FLEET_DATABASE_URL'),
]


@panel.command('pair')
def pair(
    robot: _Robot,
    state_dir: _State = Path('.fleet-demo'),
    database_url: _Url = '',
) -> None:
    """Print a code that makes a device the robot's screen; it is good for ten minutes, once.

    Example: fleet panel pair r1
    """
    from fleet_manager.domain.ids import RobotId

    with _opened(state_dir, database_url) as panels:
        code = panels.offer(RobotId(robot))
        note_in(state_dir, database_url, 'panel_offered', robot)
    print(f'{code[:4]} {code[4:]}')
    print(f'On the screen of {robot}: open /robot/{robot}/pair and enter it within ten minutes.')


@panel.command('forget')
def forget(
    robot: _Robot,
    state_dir: _State = Path('.fleet-demo'),
    database_url: _Url = '',
) -> None:
    """End the pairing of a robot's screen: a lost or stolen device opens nothing any more.

    Example: fleet panel forget r1
    """
    from fleet_manager.domain.ids import RobotId

    with _opened(state_dir, database_url) as panels:
        known = panels.forget(RobotId(robot))
        if known:
            note_in(state_dir, database_url, 'panel_forgotten', robot)
    if not known:
        print(f'fleet panel forget: no screen is paired with {robot}', file=sys.stderr)
        sys.exit(1)
    print(f'{robot}: no screen is paired any more')


@contextmanager
def _opened(state_dir: Path, database_url: str) -> Iterator[SqlPanels]:
    """Open the store; say in one line why that is impossible."""
    from fleet_manager.adapters.db.panels import SqlPanels
    from fleet_manager.application.ports import StoreFailed, StoreUnavailable
    from fleet_manager.entry.clock import WallClock
    from fleet_manager.entry.settings import Settings

    if not database_url and not state_dir.is_dir():
        print(f'fleet panel: {state_dir} is no state folder: give --state-dir', file=sys.stderr)
        sys.exit(1)
    try:
        settings = Settings(state_dir=state_dir, database_url=database_url)
        panels = SqlPanels(settings.desk_url, clock=WallClock().now)
        try:
            yield panels
        finally:
            panels.close()
    except (StoreUnavailable, StoreFailed) as error:
        print(f'fleet panel: {error}', file=sys.stderr)
        sys.exit(1)
