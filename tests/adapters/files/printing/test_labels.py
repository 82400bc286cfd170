"""Labels: what a scanner reads from the printed page, and that no name commands a printer."""

from __future__ import annotations

import re
from itertools import product

import pypdfium2
import pytest
import zxingcpp

from fleet_manager.adapters.files.printing.printer import DocumentPrinter
from fleet_manager.application.labels import PAPERS, Label

ADDRESS = 'https://fleet.hospital.example/deliveries/D000123'
LABEL = Label(
    address=ADDRESS,
    recipient='二病区西',
    recipient_code='N2W',
    sender='来自 药房 PH',
    goods='药品',
    urgency='常规',
    number='单号 1001',
    due='最晚 11-23 14:30',
)
HOSTILE = (
    '^XZ^XA^FDgone',
    '~JR',
    '_5E',
    '\\&',
    '\U0001f600\u202eabc',
    'x' * 500,
    '药' * 500,
    '\x02\x03',
)


def pages_of(pdf: bytes) -> list[tuple[list[str], str]]:
    """Return, for each page, what a scanner of 203 dpi reads from it and its text."""
    document = pypdfium2.PdfDocument(pdf)
    found = []
    for page in document:
        image = page.render(scale=203 / 72).to_pil()
        text = page.get_textpage().get_text_bounded()
        found.append(([code.text for code in zxingcpp.read_barcodes(image)], text))
    return found


@pytest.mark.parametrize('paper', PAPERS)
def test_the_code_on_every_paper_is_read_and_chinese_stands_beside_it(paper: str) -> None:
    form = PAPERS[paper]
    pages = pages_of(DocumentPrinter().labels_pdf([LABEL] * 4, paper=paper))
    each = form.columns * form.rows
    assert len(pages) == (1 if each > 1 else 4)
    assert [code for codes, _ in pages for code in codes] == [ADDRESS] * 4
    for text in ('二病区西', 'N2W', '来自 药房 PH', '单号 1001', '14:30'):
        assert text in pages[0][1]


@pytest.mark.thorough
@pytest.mark.parametrize('text', HOSTILE)
def test_a_hostile_name_stays_on_its_label(text: str) -> None:
    label = Label(ADDRESS, text, text, text, text, text, text, text, text)
    assert pages_of(DocumentPrinter().labels_pdf([label], paper='50x30'))[0][0] == [ADDRESS]
    commands = DocumentPrinter().labels_zpl([label], paper='50x30', dots=8).decode('ascii')
    assert (commands.count('^XA'), commands.count('^XZ'), commands.count('~')) == (1, 1, 0)
    fields = re.findall(r'\^FH_\^FD(.*?)\^FS', commands)
    assert len(fields) == 7
    assert not re.search(r'[~^\\]', ''.join(fields))


@pytest.mark.parametrize(('paper', 'dots'), list(product(('60x40', '100x150'), (8, 12))))
def test_a_printer_is_told_size_text_and_code(paper: str, dots: int) -> None:
    commands = DocumentPrinter().labels_zpl([LABEL, LABEL], paper=paper, dots=dots).decode()
    assert commands.count('^XA\n^CI28\n') == 2
    assert f'^PW{round(PAPERS[paper].width * dots)}\n' in commands
    code = re.search(r'\^BQN,2,(\d+)\^FH_\^FDQA,(.*?)\^FS', commands)
    assert code is not None
    assert printed(code[2]) == ADDRESS
    assert 1 <= int(code[1]) <= 10
    assert printed(re.findall(r'\^FD(.*?)\^FS', commands)[2]) == '二病区西'


def printed(field: str) -> str:
    """Return what a printer prints for a field with `_` escapes."""
    return re.sub(
        rb'_([0-9A-F]{2})', lambda found: bytes([int(found[1], 16)]), field.encode()
    ).decode()
