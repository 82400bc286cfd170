"""The command `fleet`. Exit codes: 0 done, 1 failed, 2 wrong usage."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from fleet_manager import __version__
from fleet_manager.entry.accounts_cli import accounts
from fleet_manager.entry.bench_cli import bench
from fleet_manager.entry.capacity.cli import capacity
from fleet_manager.entry.gazebo.cli import gazebo
from fleet_manager.entry.keys_cli import keys
from fleet_manager.entry.labels_cli import labels
from fleet_manager.entry.map_cli import maps
from fleet_manager.entry.panel_cli import panel
from fleet_manager.entry.retention_cli import retention
from fleet_manager.entry.settings import SHIPPED_MAPS, Settings
from fleet_manager.entry.simulate.cli import simulate
from fleet_manager.entry.stores_cli import stores
from fleet_manager.entry.traffic_cli import traffic

if TYPE_CHECKING:
    from fleet_manager.adapters.db.reader import JournalReader
    from fleet_manager.application.ports import StoredEntry

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help='Open fleet controller for hospital logistics robots.',
)
journal = typer.Typer(no_args_is_help=True, help='The journal: what happened, in order.')
app.add_typer(maps, name='map')
app.add_typer(traffic, name='traffic')
app.add_typer(bench, name='bench')
app.add_typer(gazebo, name='gazebo')
app.command()(simulate)
app.command()(capacity)
app.command()(labels)
app.add_typer(journal, name='journal')
app.add_typer(accounts, name='accounts')
app.add_typer(keys, name='keys')
app.add_typer(stores, name='stores')
app.add_typer(panel, name='panel')
app.add_typer(retention, name='retention')

_State = Annotated[
    Path, typer.Option(help='Folder with journal and accounts.', envvar='FLEET_STATE_DIR')
]
_Url = Annotated[
    str,
    typer.Option(help='Database URL instead of the state folder.', envvar='FLEET_DATABASE_URL'),
]


def main() -> None:
    """Run the command line."""
    app()


@app.command()
def version() -> None:
    """Print the version.

    Example: fleet version
    """
    print(__version__)


@app.command()
def openapi() -> None:
    """Print the OpenAPI document of the API, as JSON.

    Example: fleet openapi > docs/openapi.json
    """
    from fleet_manager.adapters.http.openapi import as_text

    print(as_text(), end='')


@app.command()
def serve(
    hospital: Annotated[Path | None, typer.Option(help='Folder of the hospital.')] = None,
    state_dir: Annotated[Path | None, typer.Option(help='Folder of journal and accounts.')] = None,
    host: Annotated[str | None, typer.Option(help='Address to listen on.')] = None,
    port: Annotated[int | None, typer.Option(help='Port of the pages.')] = None,
    database_url: Annotated[str | None, typer.Option(help='PostgreSQL for larger sites.')] = None,
    ros: Annotated[bool | None, typer.Option(help='Connect to ROS 2.')] = None,
) -> None:
    """Run the fleet manager. Settings also come from FLEET_... variables.

    Example: fleet serve --hospital maps/small_hospital --state-dir /var/lib/fleet
    """
    from fleet_manager.entry.serve import serve as run

    given = {
        'hospital': hospital,
        'state_dir': state_dir,
        'host': host,
        'port': port,
        'database_url': database_url,
        'ros': ros,
    }
    sys.exit(run(_settings(**given)))


@app.command()
def demo(
    port: Annotated[int, typer.Option(help='Port of the pages.')] = 8080,
    robots: Annotated[int, typer.Option(help='How many robots.', min=1)] = 8,
    speed: Annotated[
        float, typer.Option(help='Simulated seconds a second.', min=0.1, max=20.0)
    ] = 1.0,
    hospital: Annotated[Path, typer.Option(help='Folder of the hospital.')] = (
        SHIPPED_MAPS / 'small_hospital'
    ),
    state_dir: Annotated[Path, typer.Option(help='Where the demo keeps its state.')] = Path(
        '.fleet-demo'
    ),
    staff: Annotated[
        float, typer.Option(help='Deliveries an hour simulated staff ask for.', min=0.0)
    ] = 40.0,
    engine: Annotated[
        str, typer.Option(help='In Gazebo, by physics: auto, sim or classic. Left out: without.')
    ] = '',
) -> None:
    """Run a hospital on this machine: pages, manager, robots, lifts. Ctrl-C ends it.

    Example: fleet demo --port 8090 --robots 4 --speed 3
    """
    from fleet_manager.entry.demo import DemoOptions
    from fleet_manager.entry.demo import demo as run

    settings = _settings(hospital=hospital, state_dir=state_dir, port=port, robots=robots)
    options = DemoOptions(settings, speed=speed, staff_per_hour=staff, engine=engine)
    sys.exit(run(options))


@journal.command('verify')
def journal_verify(
    state_dir: _State = Path('.fleet-demo'),
    database_url: _Url = '',
) -> None:
    """Check the hash chain of the whole journal. Exit 0 whole, 1 broken.

    Example: fleet journal verify --state-dir .fleet-demo
    """
    with _reading(state_dir, database_url) as reader:
        report = reader.verify()
    if report.first_bad is not None:
        print(f'broken at entry {report.first_bad}: {report.problem}', file=sys.stderr)
        sys.exit(1)
    print(f'{report.count} entries, chain whole, head {report.head_hash}')


@journal.command('show')
def journal_show(
    state_dir: _State = Path('.fleet-demo'),
    database_url: _Url = '',
    after: Annotated[int, typer.Option(help='Start after this entry.')] = 0,
    limit: Annotated[int, typer.Option(help='At most so many.', min=1, max=100_000)] = 50,
    delivery: Annotated[str | None, typer.Option(help='Only this delivery.')] = None,
    robot: Annotated[str | None, typer.Option(help='Only this robot.')] = None,
    kind: Annotated[str | None, typer.Option(help='Only this kind of event.')] = None,
    as_json: Annotated[bool, typer.Option('--json', help='One JSON object a line.')] = False,
) -> None:
    """Show what happened.

    Example: fleet journal show --delivery D000001
    """
    only = {'delivery': delivery, 'robot': robot, 'kind': kind}
    table = Table('seq', 'time (UTC)', 'who', 'what', 'delivery', 'robot', 'body', box=None)
    with _reading(state_dir, database_url) as reader:
        for stored in _entries(reader, after, limit, only):
            e = stored.entry
            if as_json:
                row = {'seq': stored.seq, 'at': e.at, 'actor': e.actor, 'kind': e.kind}
                print(json.dumps(row | {'body': json.loads(e.body), 'hash': stored.hash}))
            else:
                body = e.body if len(e.body) <= 100 else e.body[:99] + '…'
                who = (e.actor, e.kind, e.delivery or '', e.robot or '')
                table.add_row(str(stored.seq), _utc(e.at), *who, body)
    if not as_json:
        Console().print(table if table.row_count else 'no entries')


@journal.command('custody')
def journal_custody(
    delivery: Annotated[str, typer.Argument(help='Its id, such as D000001.')],
    state_dir: _State = Path('.fleet-demo'),
    database_url: _Url = '',
    as_json: Annotated[bool, typer.Option('--json', help='As JSON.')] = False,
) -> None:
    """Show who had a parcel from when to when. Exit 0 without a gap, 1 with one.

    Example: fleet journal custody D000001
    """
    from dataclasses import asdict

    from fleet_manager.domain.deliveries.custody import gaps

    with _reading(state_dir, database_url) as reader:
        record = reader.custody(delivery)
    if record is None:
        _give_up('journal custody', f'no delivery {delivery}: fleet journal show lists them')
    wrong = gaps(record)
    if as_json:
        print(json.dumps(asdict(record) | {'gaps': wrong}))
    else:
        table = Table('holder', 'from (UTC)', 'until (UTC)', 'how', 'signed', 'witness', box=None)
        for one in record.holdings:
            until = _utc(one.until) if one.until is not None else 'now'
            signed = one.signed_by, one.witness
            table.add_row(one.holder, _utc(one.since), until, one.event, *signed)
        Console().print(table)
        print('\n'.join(wrong) or f'{record.state.value}, without a gap')
    if wrong:
        sys.exit(1)


def _settings(**given: object) -> Settings:
    try:
        return Settings(**{k: v for k, v in given.items() if v is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        for problem in error.errors():
            place = ''.join(f'{part}: ' for part in problem['loc'])
            text = problem['msg'].removeprefix('Value error, ')
            print(f'fleet: {place}{text}', file=sys.stderr)
        sys.exit(2)


@contextmanager
def _reading(state_dir: Path, database_url: str) -> Iterator[JournalReader]:
    """Open the journal; say in one line why that, or reading it, is impossible."""
    from fleet_manager.adapters.db.reader import JournalReader
    from fleet_manager.application.ports import StoreUnavailable

    settings = _settings(state_dir=state_dir, database_url=database_url)
    try:
        reader = JournalReader(settings.journal_url)
        try:
            yield reader
        finally:
            reader.close()
    except StoreUnavailable as error:
        _give_up('journal', str(error))


def _entries(
    reader: JournalReader, after: int, limit: int, only: dict[str, str | None]
) -> Iterator[StoredEntry]:
    """Read up to `limit` lines, a page at a time."""
    while limit > 0:
        page = reader.entries(
            after, limit, delivery=only['delivery'], robot=only['robot'], kind=only['kind']
        )
        if not page:
            return
        yield from page
        after, limit = page[-1].seq, limit - len(page)


def _give_up(command: str, problem: str) -> NoReturn:
    print(f'fleet {command}: {problem}', file=sys.stderr)
    sys.exit(1)


def _utc(at: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at / 1000, UTC).strftime('%Y-%m-%d %H:%M:%S')


if __name__ == '__main__':
    main()
