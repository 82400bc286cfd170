"""The file of catalogue and stock: problems named by line and column, no formula, whole or not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.application.stock.model import Held, Item, first_out
from fleet_manager.application.stock.sheet import (
    FORMULA,
    BrokenSheet,
    plain_cell,
    read_sheet,
    safe_cell,
    write_sheet,
)
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.maps.model import Name

HOSPITAL = load_hospital(Path(__file__).parents[3] / 'maps' / 'small_hospital')
HEAD = 'code,name_zh,name_en,goods,unit,station,lot,expires,count,warning,target,source\n'
GOOD = HEAD + (
    'SAL500,生理盐水,Saline,drug,bottle,pharmacy,A,2027-03-31,10,,,\n'
    'SAL500,,,,,pharmacy,B,2027/06/30,20,,,\n'
    '\n'
    'SAL500,,,,,n2w,,,0,5,12,pharmacy\n'
)


def problems(text: str) -> list[tuple[int, str, str]]:
    with pytest.raises(BrokenSheet) as broken:
        read_sheet(text, HOSPITAL, {})
    return [(one.line, one.column, one.code) for one in broken.value.problems]


def test_a_good_file_is_read_with_item_lots_and_line() -> None:
    sheet = read_sheet('\ufeff' + GOOD.replace('\n', '\r\n'), HOSPITAL, {})
    assert sheet.items == {'SAL500': Item('SAL500', Name('生理盐水', 'Saline'), 'drug', 'bottle')}
    assert [(h.station, h.lot, h.expires, h.count) for h in sheet.counts.values()] == [
        ('pharmacy', 'A', '2027-03-31', 10),
        ('pharmacy', 'B', '2027-06-30', 20),
        ('n2w', '', '', 0),
    ]
    assert [(w.warning, w.target, w.source) for w in sheet.lines.values()] == [(5, 12, 'pharmacy')]
    assert sheet.stations() == {'pharmacy', 'n2w'}


@pytest.mark.parametrize(
    ('row', 'wrong'),
    [
        ('SAL500,盐水,,drug,瓶,nowhere,,,1,,,', ('station', 'station')),
        ('SAL500,盐水,,rocks,瓶,,,,,,,', ('goods', 'goods')),
        ('SAL500,盐水,,drug,瓶,pharmacy,A,2027-02-30,1,,,', ('expires', 'date')),
        ('SAL500,盐水,,drug,瓶,pharmacy,A,,-1,,,', ('count', 'number')),
        ('SAL500,盐水,,drug,瓶,pharmacy,A,,1e3,,,', ('count', 'number')),
        ('SAL500,盐水,,drug,瓶,pharmacy,A,,,,,', ('count', 'missing')),
        ('SAL500,盐水,,drug,瓶,,A,,3,,,', ('station', 'missing')),
        ('SAL500,盐水,,drug,瓶,n2w,,,,5,3,pharmacy', ('target', 'target')),
        ('SAL500,盐水,,drug,瓶,n2w,,,,5,9,', ('source', 'missing')),
        ('SAL500,盐水,,drug,瓶,n2w,,,,5,9,kitchen', ('source', 'sends')),
        ('S L,盐水,,drug,瓶,,,,,,,', ('code', 'code')),
        ('SAL500,,,drug,瓶,,,,,,,', ('name_zh', 'missing')),
        ('SAL500,盐\x00水,,drug,瓶,,,,,,,', ('name_zh', 'control')),
        (f'SAL500,{"盐" * 101},,drug,瓶,,,,,,,', ('name_zh', 'long')),
        ('SAL500,盐水,,drug,瓶,,,,,,,,too many', ('', 'cells')),
    ],
)
def test_a_wrong_cell_is_named_by_line_and_column(row: str, wrong: tuple[str, str]) -> None:
    assert problems(HEAD + 'OK1,好,,drug,瓶,,,,,,,\n' + row + '\n') == [(3, *wrong)]


@pytest.mark.parametrize(
    ('text', 'wrong'),
    [
        ('', (1, '', 'empty')),
        ('name\n', (1, 'name', 'column')),
        ('unit\nx\n', (1, 'code', 'column_missing')),
        ('code,code\n', (1, 'code', 'column_twice')),
        ('code\n"x', (2, '', 'not_csv')),
        (HEAD + 'A,甲,,drug,瓶,,,,,,,\nA,乙,,drug,瓶,,,,,,,\n', (3, 'code', 'differs')),
        (GOOD + 'SAL500,,,,,pharmacy,A,,3,,,\n', (6, 'lot', 'lot_twice')),
    ],
)
def test_a_wrong_file_is_refused_whole(text: str, wrong: tuple[int, str, str]) -> None:
    assert problems(text)[0] == wrong


def test_every_problem_is_told_at_once_up_to_fifty() -> None:
    assert len(problems(HEAD + 'X,,,,,,,,,,,\n' * 80)) == 50


@given(st.text(max_size=20).map(str.strip))
def test_no_cell_begins_a_formula_and_each_is_read_back(text: str) -> None:
    cell = safe_cell(text)
    assert not cell.startswith(FORMULA)
    assert plain_cell(cell) == text


def test_what_is_exported_is_read_back_the_same() -> None:
    sheet = read_sheet(GOOD, HOSPITAL, {})
    trap = Item('=1+1', Name("=cmd|' /C calc'!A0", '@SUM(A1)'), 'drug', '-')
    sheet.items[trap.code] = trap
    text = write_sheet(sheet.items, sheet.counts.values(), sheet.lines.values())
    assert '\n=' not in text
    assert ',=' not in text
    again = read_sheet(text, HOSPITAL, {})
    assert (again.items, again.lines) == (sheet.items, sheet.lines)
    assert set(again.counts.values()) == set(sheet.counts.values())


@given(
    st.lists(st.tuples(st.sampled_from('ABC'), st.integers(-5, 20)), max_size=4),
    st.integers(1, 50),
)
def test_exactly_what_is_packed_leaves_and_no_lot_gives_more_than_it_has(
    lots: list[tuple[str, int]], count: int
) -> None:
    held = [
        Held(StationId('p'), 'I', f'{name}{place}', f'2027-0{place + 1}-01', pieces)
        for place, (name, pieces) in enumerate(lots)
    ]
    taken = first_out(held, count)
    assert sum(pieces for *_, pieces in taken) == count
    has = {one.lot: one.count for one in held}
    assert all(pieces <= has[lot] for lot, _, pieces in taken if lot)
    assert [expires for lot, expires, _ in taken if lot] == sorted(e for _, e, _ in taken if e)
