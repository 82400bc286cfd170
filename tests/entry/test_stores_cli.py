"""`fleet stores`: a list in and out, and what is wrong with it by line and column."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fleet_manager.entry.cli import app

LIST = (
    'code,name_zh,name_en,goods,unit,station,lot,expires,count\n'
    'SAL500,生理盐水,,drug,瓶,pharmacy,A,2027-03-31,30\n'
)


def stores(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ['stores', *map(str, arguments)])


@pytest.mark.parametrize('encoding', ['utf-8', 'utf-8-sig', 'gb18030'])
def test_a_list_as_spreadsheets_save_it_goes_in_and_comes_out(
    tmp_path: Path, encoding: str
) -> None:
    given, written = tmp_path / 'given.csv', tmp_path / 'written.csv'
    given.write_text(LIST, encoding)
    done = stores('import', given, '--state-dir', tmp_path)
    assert (done.exit_code, done.stdout) == (0, 'items: 1, counts changed: 1\n')
    assert stores('export', written, '--state-dir', tmp_path).exit_code == 0
    assert 'SAL500,生理盐水,生理盐水,drug,瓶,pharmacy,A,2027-03-31,30' in written.read_text()


def test_a_wrong_list_is_refused_by_line_and_column(tmp_path: Path) -> None:
    given = tmp_path / 'given.csv'
    given.write_text(LIST + 'GLU5,葡萄糖,,drug,瓶,pharmacy,B,31.3.2027,x\n')
    done = stores('import', given, '--state-dir', tmp_path)
    assert done.exit_code == 1
    assert 'Line 3, column expires: “31.3.2027” is no date' in done.stderr
    assert 'Line 3, column count: “x” is no whole number' in done.stderr
    assert stores('export', given, '--state-dir', tmp_path).stdout.endswith(': 0 rows\n')


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    done = stores('export', tmp_path / 'x.csv', '--state-dir', tmp_path / 'none')
    assert (done.exit_code, 'is no state folder' in done.stderr) == (1, True)
