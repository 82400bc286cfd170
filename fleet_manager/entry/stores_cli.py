"""`fleet stores`: catalogue and stock as a CSV file, also while a manager runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from fleet_manager.entry.cli_audit import note_in
from fleet_manager.entry.settings import SHIPPED_MAPS, Settings

if TYPE_CHECKING:
    from fleet_manager.adapters.db.books import SqlBooks

stores = typer.Typer(no_args_is_help=True, help='Catalogue and stock of the stations.')

_State = Annotated[Path, typer.Option(help='Folder with the books.', envvar='FLEET_STATE_DIR')]
_Url = Annotated[
    str, typer.Option(help='Database URL instead of the folder.', envvar='FLEET_DATABASE_URL')
]


@stores.command('import')
def import_file(
    file: Annotated[Path, typer.Argument(help='CSV file with the columns of an export.')],
    hospital: Annotated[
        Path, typer.Option(help='Folder of the hospital.', envvar='FLEET_HOSPITAL')
    ] = SHIPPED_MAPS / 'small_hospital',
    state_dir: _State = Path('.fleet-demo'),
    database_url: _Url = '',
) -> None:
    """Take over a list of items, lots and lines: whole, or not at all.

    Example: fleet stores import stock.csv --state-dir /var/lib/fleet
    """
    from fleet_manager.adapters.files.hospital import load_hospital
    from fleet_manager.adapters.http import i18n
    from fleet_manager.adapters.http.stock_words import problem_text
    from fleet_manager.application.stock.sheet import BrokenSheet, read_sheet
    from fleet_manager.domain.errors import FleetError
    from fleet_manager.entry.bookkeeper import today
    from fleet_manager.entry.clock import WallClock

    try:
        body = file.read_bytes()
        map_now = load_hospital(hospital)
    except (OSError, FleetError) as error:
        _give_up(str(error))
    try:
        text = body.decode('utf-8-sig')
    except UnicodeDecodeError:
        text = body.decode('gb18030', errors='replace')
    with _books(state_dir, database_url) as books:
        try:
            sheet = read_sheet(text, map_now, books.items())
        except BrokenSheet as broken:
            words = i18n.load()['en']
            for problem in broken.problems:
                print(problem_text(words, problem), file=sys.stderr)
            _give_up('nothing was imported')
        now = WallClock().now()
        changed = books.take_over(sheet, at=now, actor='system', today=today(now, Settings().zone))
        note_in(state_dir, database_url, 'stock_imported', file.name)
    print(f'items: {len(sheet.items)}, counts changed: {changed}')


@stores.command('export')
def export_file(
    file: Annotated[Path, typer.Argument(help='CSV file to write.')],
    state_dir: _State = Path('.fleet-demo'),
    database_url: _Url = '',
) -> None:
    """Write catalogue and stock as CSV that can be imported again.

    Example: fleet stores export stock.csv
    """
    from fleet_manager.application.stock.sheet import write_sheet

    with _books(state_dir, database_url) as books:
        held, lines = books.held()
        text = write_sheet(books.items(), held, lines)
    try:
        file.write_text('\ufeff' + text, 'utf-8', newline='')
    except OSError as error:
        _give_up(str(error))
    print(f'{file}: {len(text.splitlines()) - 1} rows')


@contextmanager
def _books(state_dir: Path, database_url: str) -> Iterator[SqlBooks]:
    from fleet_manager.adapters.db.books import SqlBooks
    from fleet_manager.application.ports import StoreFailed, StoreUnavailable

    if not database_url and not state_dir.is_dir():
        _give_up(f'{state_dir} is no state folder: give --state-dir')
    try:
        books = SqlBooks(Settings(state_dir=state_dir, database_url=database_url).books_url)
        try:
            yield books
        finally:
            books.close()
    except (StoreUnavailable, StoreFailed) as error:
        _give_up(str(error))


def _give_up(problem: str) -> NoReturn:
    print(f'fleet stores: {problem}', file=sys.stderr)
    sys.exit(1)
