"""`fleet keys …`: keys of programs."""

from __future__ import annotations

import time
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from fleet_manager.domain.units import Instant
from fleet_manager.entry.accounts_cli import HERE, State, Url, give_up, opened
from fleet_manager.entry.cli_audit import note

keys = typer.Typer(no_args_is_help=True, help='Keys of programs for the API.')


@keys.command('make')
def make(
    label: Annotated[str, typer.Argument(help='What it is for.')],
    scope: Annotated[list[str], typer.Option(help='read, order; may be given twice.')],
    station: Annotated[str, typer.Option(help='Only things of this station.')] = '',
    days: Annotated[int, typer.Option(help='How long it is good for.')] = 365,
    state_dir: State = HERE,
    database_url: Url = '',
) -> None:
    """Make a key. It is printed once.

    Example: fleet keys make HIS --scope read --scope order
    """
    from fleet_manager.domain.ids import StationId

    with opened('keys make', state_dir, database_url) as store:
        if station and all(one.station != station for one in store.all()):
            give_up('keys make', f'no station {station}')
        at = StationId(station) if station else None
        try:
            key, text = store.make_key(
                label=label, scopes=scope, station=at, days=days, now=_now()
            )
        except ValueError as wrong:
            give_up('keys make', _PROBLEMS[str(wrong)])
        note(store, 'key_made', f'{key.id} {key.label}')
    print(text)


@keys.command('list')
def list_keys(state_dir: State = HERE, database_url: Url = '') -> None:
    """Show which keys there are, and when each was used last.

    Example: fleet keys list
    """
    table = Table('key', 'for', 'may', 'station', 'until (UTC)', 'last used (UTC)', '', box=None)
    with opened('keys list', state_dir, database_url) as store:
        for key in store.all_keys():
            state = 'revoked' if key.revoked else '' if key.is_good(_now()) else 'expired'
            may, at = ' '.join(key.scopes), key.station or 'all'
            table.add_row(
                key.id, key.label, may, at, _utc(key.expires), _utc(key.last_used), state
            )
    Console().print(table)


@keys.command('revoke')
def revoke(
    key: Annotated[str, typer.Argument(help='Its short name, as `fleet keys list` shows it.')],
    state_dir: State = HERE,
    database_url: Url = '',
) -> None:
    """Let a key open nothing any more.

    Example: fleet keys revoke 1f2e3d4c
    """
    with opened('keys revoke', state_dir, database_url) as store:
        try:
            store.revoke_key(key, now=_now())
        except LookupError as error:
            give_up('keys revoke', str(error))
        note(store, 'key_revoked', key)
    print(f'{key}: revoked')


_PROBLEMS = {
    'label': 'say in 1 to 60 characters what it is for',
    'scopes': 'a scope is read or order',
    'days': 'a key is good for 1 to 730 days',
    'too_many': 'there are too many keys',
}


def _now() -> Instant:
    return Instant(int(time.time() * 1000))


def _utc(at: int) -> str:
    return time.strftime('%Y-%m-%d %H:%M', time.gmtime(at / 1000)) if at else ''
