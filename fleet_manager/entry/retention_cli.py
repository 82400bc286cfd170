"""`fleet retention`: what is erased when, on which deliveries it is held off, and do it now."""

from __future__ import annotations

import getpass
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from fleet_manager.entry.cli_audit import note_in
from fleet_manager.entry.settings import Settings

if TYPE_CHECKING:
    from fleet_manager.domain.messages import ApplyRetention
    from fleet_manager.domain.units import Instant
    from fleet_manager.entry.retainer import Keeping

retention = typer.Typer(no_args_is_help=True, help='Personal data: how long it is kept.')

_State = Annotated[
    Path, typer.Option(help='Folder with journal and accounts.', envvar='FLEET_STATE_DIR')
]
_Url = Annotated[
    str,
    typer.Option(help='Database URL instead of the state folder.', envvar='FLEET_DATABASE_URL'),
]
_Delivery = Annotated[str, typer.Argument(help='Its id, such as D000123.')]
_HERE: Final = Path('.fleet-demo')
#: How long a running manager is given to do it, in seconds.
PATIENCE: Final = 600.0


@retention.command('show')
def show(state_dir: _State = _HERE, database_url: _Url = '') -> None:
    """Show how long what is kept, what a run would erase now, and what is held. Changes nothing.

    Example: fleet retention show
    """
    from fleet_manager.application.retention import Times

    with _keeping(state_dir, database_url) as keeping:
        times: Times = keeping.times
        table = Table('kept', 'days', box=None)
        for name in Times.__dataclass_fields__:
            table.add_row(name, str(getattr(times, name)))
        Console().print(table)
        due = Table('to be erased now', 'how many', box=None)
        for kind, count in keeping.due(_now()).items():
            due.add_row(kind, str(count))
        Console().print(due)
        for one in keeping.store.holds():
            print(f'held: {one.delivery} since {_utc(one.at)} by {one.by}: {one.why}')
        clear = keeping.in_clear()
        if clear:
            print(
                f'{clear} lines of the journal were written by an older program: names and texts '
                'in them cannot be erased, see docs/retention.md'
            )


@retention.command('run')
def run(state_dir: _State = _HERE, database_url: _Url = '') -> None:
    """Erase now what is over. Where a manager runs, it is asked to, and waited for.

    Example: fleet retention run
    """
    from fleet_manager.application.ports import StoreUnavailable

    with _keeping(state_dir, database_url) as keeping:
        number = keeping.store.ask(_who(), now=_now())
        note_in(state_dir, database_url, 'retention_asked', '')
        try:
            with _journal(keeping.settings) as send:
                counts = keeping.erase(send, _now())
                keeping.store.end(number, counts=counts, now=_now())
        except StoreUnavailable:
            counts = _wait_for(keeping, number)
    table = Table('erased', 'how many', box=None)
    for kind, count in counts.items():
        table.add_row(kind, str(count))
    Console().print(table)


@retention.command('hold')
def hold(
    delivery: _Delivery,
    why: Annotated[str, typer.Option(help='Who asked for it, and the file number.')],
    state_dir: _State = _HERE,
    database_url: _Url = '',
) -> None:
    """Keep everything of a delivery until it is released. Goes on the audit list.

    Example: fleet retention hold D000123 --why 'police, file 4711'
    """
    from fleet_manager.domain.ids import DeliveryId

    with _keeping(state_dir, database_url) as keeping:
        problem = keeping.hold(DeliveryId(delivery), why=why, by=_who(), now=_now())
        if problem:
            _give_up('hold', f'{delivery[:64]}: {_PROBLEMS[problem]}')
        note_in(state_dir, database_url, 'retention_held', delivery)
    print(f'{delivery} is held')


@retention.command('release')
def release(delivery: _Delivery, state_dir: _State = _HERE, database_url: _Url = '') -> None:
    """Hold a delivery no more: the next run erases what is over. Goes on the audit list.

    Example: fleet retention release D000123
    """
    from fleet_manager.domain.ids import DeliveryId

    with _keeping(state_dir, database_url) as keeping:
        if not keeping.store.release(DeliveryId(delivery)):
            _give_up('release', f'{delivery[:64]} is not held: fleet retention show lists them')
        note_in(state_dir, database_url, 'retention_released', delivery)
    print(f'{delivery} is held no more')


_PROBLEMS: Final = {
    'reason_needed': 'say why, with --why',
    'unknown_delivery': 'there is no such delivery; fleet journal show lists them',
    'too_many': 'too many are held: release some, or keep all of a kind longer by the settings',
}


@contextmanager
def _journal(settings: Settings) -> Iterator[Callable[[ApplyRetention], None]]:
    """Be the manager for a moment: commit what is said. Raises StoreUnavailable where one runs."""
    from fleet_manager.adapters.db.store import open_store
    from fleet_manager.application.kernel import Kernel, entry
    from fleet_manager.application.ports import Batch
    from fleet_manager.domain.codec import decode, decode_event, encode
    from fleet_manager.domain.evolve import apply
    from fleet_manager.domain.messages import RetentionApplied
    from fleet_manager.domain.state import FleetState

    store = open_store(settings.journal_url)
    try:
        found = store.take_over(holder='retention', now=_now(), readable=Kernel.can_read)
        state = FleetState() if found.snapshot is None else decode(FleetState, found.snapshot)
        for stored in found.entries:
            apply(state, decode_event(stored.entry.kind, stored.entry.body), stored.entry.at)

        def send(command: ApplyRetention) -> None:
            over = tuple(name for name in command.deliveries if name not in state.deliveries)
            if not over and not command.through:
                return
            now = _now()
            event = RetentionApplied(command.sort, over, command.through, command.before)
            apply(state, event, now)
            snapshot = encode(state) if command.through else None
            store.commit(Batch((entry(now, event),), snapshot=snapshot), now=now)

        yield send
    finally:
        store.close()


def _wait_for(keeping: Keeping, number: int) -> dict[str, int]:
    print('a manager runs: it does it, in small steps …', file=sys.stderr)
    end = time.monotonic() + PATIENCE
    while True:
        for one in keeping.store.runs(5):
            if one.number == number and one.ended is not None:
                return dict(one.counts)
        if time.monotonic() > end:
            _give_up('run', f'run {number} has not ended yet; the page /retention says more')
        time.sleep(1.0)


@contextmanager
def _keeping(state_dir: Path, database_url: str) -> Iterator[Keeping]:
    """Open what is needed; say in one line why that is impossible."""
    from pydantic import ValidationError

    from fleet_manager.adapters.db.retention import SqlRetention
    from fleet_manager.application.ports import StoreFailed, StoreUnavailable
    from fleet_manager.entry.retainer import Keeping

    try:
        settings = Settings(state_dir=state_dir, database_url=database_url)
    except ValidationError as error:
        problem = error.errors()[0]
        _give_up('settings', f'{".".join(map(str, problem["loc"]))}: {problem["msg"]}')
    if not database_url and not (state_dir / 'fleet.db').is_file():
        _give_up('', f'{state_dir / "fleet.db"}: there is no such file')
    try:
        store = SqlRetention(settings.retention_url)
        try:
            yield Keeping(settings, store)
        finally:
            store.close()
    except (StoreUnavailable, StoreFailed) as error:
        _give_up('', str(error))


def _who() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return '?'


def _now() -> Instant:
    from fleet_manager.entry.clock import WallClock

    return WallClock().now()


def _utc(at: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at / 1000, UTC).strftime('%Y-%m-%d %H:%M')


def _give_up(command: str, problem: str) -> NoReturn:
    print(f'fleet retention {command}: {problem}'.replace(' :', ':'), file=sys.stderr)
    sys.exit(1)
