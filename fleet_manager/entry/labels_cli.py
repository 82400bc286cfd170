"""`fleet labels`: labels of a delivery's parcels, without a browser."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import typer

from fleet_manager.application.labels import MAX_LABELS, PAPERS, parcels_of
from fleet_manager.entry.settings import SHIPPED_MAPS


def labels(
    delivery: Annotated[str, typer.Argument(help='Id of a delivery, such as D000001.')],
    out: Annotated[Path, typer.Option(help='File to write: .pdf or .zpl says which.')],
    hospital: Annotated[
        Path, typer.Option(help='Folder of the hospital.', envvar='FLEET_HOSPITAL')
    ] = SHIPPED_MAPS / 'small_hospital',
    state_dir: Annotated[
        Path, typer.Option(help='Folder with the journal.', envvar='FLEET_STATE_DIR')
    ] = Path('.fleet-demo'),
    database_url: Annotated[
        str,
        typer.Option(help='Database URL instead of the folder.', envvar='FLEET_DATABASE_URL'),
    ] = '',
    address: Annotated[
        str, typer.Option(help='Where people reach the pages; goes into the code.')
    ] = 'http://127.0.0.1:8080',
    parcels: Annotated[
        int | None,
        typer.Option(help='How many; one a scanned code else.', min=1, max=MAX_LABELS),
    ] = None,
    paper: Annotated[str, typer.Option(help=f'One of {", ".join(PAPERS)}.')] = next(iter(PAPERS)),
    dpi: Annotated[int, typer.Option(help='Of a label printer: 203 or 300.')] = 203,
    lang: Annotated[Literal['en', 'zh-CN'], typer.Option(help='Language.')] = 'zh-CN',
) -> None:
    """Write the labels of a delivery as PDF, or as ZPL for a label printer.

    Example: fleet labels D000001 --out labels.pdf --parcels 2 --paper 60x40
    """
    if paper not in PAPERS:
        _give_up(f'--paper {paper}: take one of {", ".join(PAPERS)}', code=2)
    if out.suffix not in ('.pdf', '.zpl'):
        _give_up(f'--out {out}: end the name in .pdf or .zpl', code=2)
    if dpi not in (203, 300):
        _give_up(f'--dpi {dpi}: take 203 or 300', code=2)

    from fleet_manager.adapters.db.reader import JournalReader
    from fleet_manager.adapters.files.hospital import load_hospital
    from fleet_manager.adapters.files.printing.printer import DocumentPrinter
    from fleet_manager.adapters.http import i18n
    from fleet_manager.adapters.http.delivery_labels import labels_of
    from fleet_manager.application.ports import StoreUnavailable
    from fleet_manager.domain.codec import decode_event
    from fleet_manager.domain.errors import FleetError
    from fleet_manager.domain.messages import DeliveryRequested
    from fleet_manager.entry.settings import Settings

    settings = Settings(state_dir=state_dir, database_url=database_url)
    try:
        reader = JournalReader(settings.journal_url)
        try:
            found = reader.entries(0, 1, delivery=delivery, kind=DeliveryRequested.__name__)
        finally:
            reader.close()
        if not found:
            _give_up(f'no delivery {delivery} in {state_dir}')
        asked = decode_event(found[0].entry.kind, found[0].entry.body)
        assert isinstance(asked, DeliveryRequested)  # noqa: S101 - that kind was asked for
        parcels = parcels or parcels_of(asked.details, 0)
        entity = {
            'number': asked.number,
            'goods': asked.goods,
            'urgency': asked.urgency,
            'sender': asked.sender,
            'recipient': asked.recipient,
            'promised_at': asked.promised_at,
        }
        made = labels_of(
            load_hospital(hospital),
            i18n.load()[lang],
            delivery,
            entity,
            address=address.rstrip('/'),
            parcels=parcels,
            zone=settings.zone,
        )
    except KeyError as error:
        _give_up(f'the map {hospital} has no station {error}: give the one in force, --hospital')
    except (FleetError, StoreUnavailable) as error:
        _give_up(str(error))
    printer = DocumentPrinter()
    if out.suffix == '.pdf':
        out.write_bytes(printer.labels_pdf(made, paper=paper))
    else:
        out.write_bytes(printer.labels_zpl(made, paper=paper, dots=12 if dpi == 300 else 8))
    print(f'{out}: {parcels} of {delivery}')


def _give_up(problem: str, *, code: int = 1) -> NoReturn:
    print(f'fleet labels: {problem}', file=sys.stderr)
    sys.exit(code)
