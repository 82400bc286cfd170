"""What the command line changes is on the audit list, with who did it and on which machine."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fleet_manager.adapters.db.accounts import SqlAccounts
from fleet_manager.application.audit import Wanted
from fleet_manager.application.ports import Account
from fleet_manager.domain.ids import AccountId, StationId
from fleet_manager.entry.cli import app
from fleet_manager.entry.composition import open_accounts
from fleet_manager.entry.settings import Settings

STOCK = 'code,name_zh,name_en,goods,unit,station,lot,expires,count\nS,盐,,drug,瓶,pharmacy,A,,3\n'


def opened(folder: Path) -> SqlAccounts:
    return open_accounts(Settings(state_dir=folder))


@pytest.mark.thorough
def test_each_change_leaves_a_line_and_no_secret(tmp_path: Path) -> None:
    accounts = opened(tmp_path)
    place = StationId('pharmacy')
    accounts.create(Account(AccountId('pharmacy'), 'P', 'pharmacy', place), secret='274951')
    accounts.close()
    (tmp_path / 'stock.csv').write_text(STOCK)
    printed = ''

    def fleet(*words: str, given: str = '') -> str:
        done = CliRunner().invoke(app, [*words, '--state-dir', str(tmp_path)], input=given)
        assert done.exit_code == 0, done.output
        return done.stdout

    printed += fleet('accounts', 'add', 'li.na', '--role', 'pharmacy', '--station', 'pharmacy')
    printed += fleet('accounts', 'reset', 'li.na')
    fleet('accounts', 'badge', 'li.na', given='BADGE-000001\n')
    fleet('accounts', 'disable', 'li.na')
    fleet('accounts', 'enable', 'li.na')
    secret = fleet('keys', 'make', 'HIS', '--scope', 'read').strip()
    key = secret.split('_')[1]
    fleet('keys', 'revoke', key)
    printed += fleet('panel', 'pair', 'r1').splitlines()[0]
    fleet('panel', 'forget', 'r1')
    fleet('stores', 'import', str(tmp_path / 'stock.csv'))
    accounts = opened(tmp_path)
    lines = list(reversed(accounts.lines(Wanted(), limit=50)))
    accounts.close()
    assert [(one.deed, one.subject) for one in lines] == [
        ('account_made', 'li.na'),
        ('secret_renewed', 'li.na'),
        ('badge_given', 'li.na'),
        ('account_disabled', 'li.na'),
        ('account_enabled', 'li.na'),
        ('key_made', f'{key} HIS'),
        ('key_revoked', key),
        ('panel_offered', 'r1'),
        ('panel_forgotten', 'r1'),
        ('stock_imported', 'stock.csv'),
    ]
    assert {(one.role, one.place, one.outcome) for one in lines} == {
        ('cli', socket.gethostname(), 'ok')
    }
    assert all(one.who for one in lines)
    shown = str(lines)
    assert not any(word in shown for word in (*printed.split()[1::2], secret, 'BADGE'))
