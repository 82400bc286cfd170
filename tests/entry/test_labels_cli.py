"""`fleet labels`: from a journal to a label, without a browser."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from typer.testing import CliRunner

from fleet_manager.adapters.db.store import open_store
from fleet_manager.domain.units import Instant
from fleet_manager.entry.cli import app
from tests.adapters.db.story import batch, requested


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A journal with one request, of which the map has both stations."""
    store = open_store(f'sqlite:///{tmp_path / "fleet.db"}')
    store.take_over(holder='test', now=Instant(0))
    asked = requested(1, sender='pharmacy', recipient='n2w', goods='drug', urgency='routine')
    store.commit(batch(asked), now=Instant(0))
    store.close()
    return tmp_path


@pytest.mark.slow
def test_labels_are_written_as_pdf_and_as_zpl(state: Path) -> None:
    pdf, zpl = state / 'labels.pdf', state / 'labels.zpl'
    common = ['labels', 'd1', '--state-dir', str(state), '--address', 'https://fleet.test/']
    done = CliRunner().invoke(app, [*common, '--out', str(pdf), '--parcels', '3'])
    assert (done.exit_code, done.stderr) == (0, '')
    document = pypdfium2.PdfDocument(pdf.read_bytes())
    codes = zxingcpp.read_barcodes(document[2].render(scale=203 / 72).to_pil())
    assert [code.text for code in codes] == ['https://fleet.test/deliveries/d1']
    assert CliRunner().invoke(app, [*common, '--out', str(zpl)]).exit_code == 0
    assert zpl.read_text().startswith('^XA')


@pytest.mark.parametrize(
    ('options', 'code', 'said'),
    [
        (['d9', '--out', 'x.pdf'], 1, 'no delivery d9'),
        (['d1', '--out', 'x.doc'], 2, '.pdf or .zpl'),
        (['d1', '--out', 'x.pdf', '--paper', 'a0'], 2, '60x40'),
        (['d1', '--out', 'x.zpl', '--dpi', '600'], 2, '203 or 300'),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    state: Path, options: list[str], code: int, said: str
) -> None:
    done = CliRunner().invoke(app, ['labels', *options, '--state-dir', str(state)])
    assert (done.exit_code, said in done.stderr) == (code, True)
    assert len(done.stderr.splitlines()) == 1
