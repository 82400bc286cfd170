"""`fleet accounts …`: the way in when nobody can log in, and for scripts."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from fleet_manager.entry.cli_audit import note

if TYPE_CHECKING:
    from fleet_manager.adapters.db.accounts import SqlAccounts

accounts = typer.Typer(no_args_is_help=True, help='Accounts of people.')

State = Annotated[
    Path, typer.Option(help='Folder with journal and accounts.', envvar='FLEET_STATE_DIR')
]
Url = Annotated[
    str,
    typer.Option(help='Database URL instead of the state folder.', envvar='FLEET_DATABASE_URL'),
]
_Name = Annotated[str, typer.Argument(help='Name to log in with, or a station.')]
HERE = Path('.fleet-demo')


@accounts.command('list')
def list_accounts(state_dir: State = HERE, database_url: Url = '') -> None:
    """Show who has an account.

    Example: fleet accounts list
    """
    table = Table('name', 'shown as', 'role', 'stations', 'signs in by', '', box=None)
    with opened('accounts list', state_dir, database_url) as store:
        for one in store.all():
            at = ', '.join(one.stations) or one.station or ''
            state = 'disabled' if one.disabled else ''
            table.add_row(one.id, one.label, one.role, at, one.issuer, state)
    Console().print(table)


@accounts.command('add')
def add(
    name: _Name,
    role: Annotated[str, typer.Option(help='ward, pharmacy, desk, porter, operator, …')],
    label: Annotated[str, typer.Option(help='Name to show.')] = '',
    station: Annotated[
        list[str] | None, typer.Option(help='Where they work; up to three, the first is usual.')
    ] = None,
    state_dir: State = HERE,
    database_url: Url = '',
) -> None:
    """Make a personal account. Its PIN or password is printed once.

    Example: fleet accounts add li.na --role ward --station n2w --label 'Li Na'
    """
    from fleet_manager.adapters.http.fresh import new_secret
    from fleet_manager.application.people import STATIONS_EACH, problem_of
    from fleet_manager.application.ports import Account
    from fleet_manager.domain.ids import AccountId, StationId

    stations = tuple(StationId(one) for one in station or ())
    if len(stations) > STATIONS_EACH:
        give_up('accounts add', f'nobody works at more than {STATIONS_EACH} stations')
    account = Account(
        AccountId(name), label or name, role, next(iter(stations), None),
        stations=stations, personal=True,
    )  # fmt: skip
    with opened('accounts add', state_dir, database_url) as store:
        known = {one.station for one in store.all() if one.station is not None}
        problem = problem_of(account, known)
        if problem:
            give_up('accounts add', _PROBLEMS[problem])
        secret = new_secret(role)
        store.create(account, secret=secret)
        note(store, 'account_made', name)
    print(f'{name}: {secret}')


@accounts.command('reset')
def reset(
    account: Annotated[str, typer.Argument(help='operator, or a station such as pharmacy.')],
    state_dir: State = HERE,
    database_url: Url = '',
) -> None:
    """Give an account a new secret, shown once; its sessions end.

    Example: fleet accounts reset operator
    """
    from fleet_manager.adapters.http.fresh import new_secret
    from fleet_manager.domain.ids import AccountId
    from fleet_manager.entry.first_run import replace_secret

    with opened('accounts reset', state_dir, database_url) as store:
        found = store.get(AccountId(account))
        if found is None:
            known = ', '.join(a.id for a in store.all()) or 'none yet'
            give_up('accounts reset', f'no account {account}. There are: {known}')
        secret = new_secret(found.role)
        store.set_secret(found.id, secret=secret)
        note(store, 'secret_renewed', account)
    replace_secret(state_dir, found.id, secret)
    print(f'{account}: {secret}')


@accounts.command('disable')
def disable(name: _Name, state_dir: State = HERE, database_url: Url = '') -> None:
    """Let nobody in under this name; its sessions end.

    Example: fleet accounts disable li.na
    """
    _able('disable', name, state_dir, database_url)


@accounts.command('enable')
def enable(name: _Name, state_dir: State = HERE, database_url: Url = '') -> None:
    """Let them in again.

    Example: fleet accounts enable li.na
    """
    _able('enable', name, state_dir, database_url)


@accounts.command('badge')
def badge(name: _Name, state_dir: State = HERE, database_url: Url = '') -> None:
    """Give somebody a badge: its code is read from standard input, so that no list shows it.

    Example: fleet accounts badge li.na < scanned.txt
    """
    import time

    from fleet_manager.domain.ids import AccountId
    from fleet_manager.domain.units import Instant

    code = sys.stdin.readline().strip()
    with opened('accounts badge', state_dir, database_url) as store:
        if store.get(AccountId(name)) is None:
            give_up('accounts badge', f'no account {name}')
        store.add_badge(AccountId(name), code=code, now=Instant(int(time.time() * 1000)))
        note(store, 'badge_given', name)
    print(f'{name} has the badge')


_PROBLEMS = {
    'bad_name': 'a name has 2 to 32 small letters, digits, dots or dashes',
    'bad_label': 'the name to show has 1 to 60 characters',
    'bad_role': 'no such role: ward, pharmacy, desk, porter, operator, engineer, auditor or admin',
    'unknown_station': 'no such station: `fleet accounts list` shows them',
    'station_needed': 'this role works at a station: give --station',
    'station_not_needed': 'this role works for all stations: leave --station out',
}


def _able(command: str, name: str, state_dir: Path, database_url: str) -> None:
    from fleet_manager.domain.ids import AccountId

    with opened(f'accounts {command}', state_dir, database_url) as store:
        try:
            store.set_disabled(AccountId(name), disabled=command == 'disable')
        except LookupError as error:
            give_up(f'accounts {command}', str(error))
        note(store, f'account_{command}d', name)
    print(f'{name}: {command}d')


@contextmanager
def opened(command: str, state_dir: Path, database_url: str) -> Iterator[SqlAccounts]:
    """Open the accounts; say in one line why that, or what was asked for, is impossible."""
    from fleet_manager.application.ports import StoreFailed, StoreUnavailable
    from fleet_manager.entry.composition import open_accounts
    from fleet_manager.entry.settings import Settings

    settings = Settings(state_dir=state_dir, database_url=database_url)
    if not database_url and not (state_dir / 'accounts.db').is_file():
        give_up(command, f'{state_dir} has no accounts: give --state-dir')
    try:
        store = open_accounts(settings)
        try:
            yield store
        finally:
            store.close()
    except (StoreUnavailable, StoreFailed, ValueError) as error:
        give_up(command, str(error))


def give_up(command: str, problem: str) -> NoReturn:
    """Say what is wrong, and end with 1."""
    print(f'fleet {command}: {problem}', file=sys.stderr)
    sys.exit(1)
