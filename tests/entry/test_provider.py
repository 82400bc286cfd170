"""The provider of a site, from its settings and its file of groups."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fleet_manager.adapters.db.accounts import SqlAccounts
from fleet_manager.adapters.files.groups import WrongGroups, load_groups
from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.application.provider_log_in import GroupRule
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.messages import Role
from fleet_manager.entry.composition import _origins
from fleet_manager.entry.provider import WrongSecret, open_provider
from fleet_manager.entry.settings import SHIPPED_MAPS, Settings

GROUPS = """
groups:
  - {group: fleet-admins, role: admin}
  - {group: /nurses/surgery, role: ward, stations: [n2w]}
"""
HOSPITAL = load_hospital(SHIPPED_MAPS / 'small_hospital')


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[SqlAccounts]:
    made = SqlAccounts(f'sqlite:///{tmp_path / "accounts.db"}')
    yield made
    made.close()


def settings_of(folder: Path, *, groups: str = GROUPS, secret: str = 'hush\n') -> Settings:
    (folder / 'groups.yaml').write_text(groups, 'utf-8')
    (folder / 'secret').write_text(secret, 'utf-8')
    given: dict[str, Any] = {
        'oidc_issuer': 'https://login.hospital.example',
        'oidc_client_id': 'fleet',
        'oidc_client_secret_file': folder / 'secret',
        'oidc_address': 'https://fleet.hospital.example',
        'oidc_groups': folder / 'groups.yaml',
    }
    return Settings(**given)


def test_without_settings_there_is_no_provider(accounts: SqlAccounts) -> None:
    assert open_provider(Settings(), accounts, HOSPITAL) is None


def test_with_them_there_is_one_and_our_address_is_one_people_may_come_from(
    tmp_path: Path, accounts: SqlAccounts
) -> None:
    settings = settings_of(tmp_path)
    desk = open_provider(settings, accounts, HOSPITAL)
    assert desk is not None
    assert desk.issuer == 'https://login.hospital.example'
    assert 'https://fleet.hospital.example' in _origins(settings)
    desk.close()


@pytest.mark.parametrize('secret', ['', ' \n', 'two\nlines', 'x' * 1_001])
def test_a_secret_that_cannot_be_one_is_refused_by_its_file(
    tmp_path: Path, accounts: SqlAccounts, secret: str
) -> None:
    with pytest.raises(WrongSecret, match='oidc_client_secret_file'):
        open_provider(settings_of(tmp_path, secret=secret), accounts, HOSPITAL)


def test_groups_come_in_their_order(tmp_path: Path) -> None:
    file = tmp_path / 'groups.yaml'
    file.write_text(GROUPS, 'utf-8')
    assert load_groups(file) == (
        GroupRule('fleet-admins', Role.ADMIN),
        GroupRule('/nurses/surgery', Role.WARD, (StationId('n2w'),)),
    )


@pytest.mark.parametrize(
    ('text', 'problem'),
    [
        ('', 'write `groups:`'),
        ('groups: []', 'write `groups:`'),
        ('groups: {a: b}', 'write `groups:`'),
        ('groups:\n- {group: a, role: desk}\nmore: 1', 'write `groups:`'),
        ('groups:\n- a', r'groups\[0\]: write'),
        ('groups:\n- {group: a}', r'groups\[0\]: write'),
        ('groups:\n- {group: a, role: desk, station: n2w}', r'groups\[0\]: write'),
        ('groups:\n- {group: 7, role: desk}', r'\.group: .*quote it'),
        ('groups:\n- {group: a, role: boss}', r"\.role: 'boss' is none; there are ward"),
        ('groups:\n- {group: a, role: [desk]}', r'\.role'),
        ('groups:\n- {group: a, role: system}', r'\.role'),
        ('groups:\n- {group: a, role: ward}', 'works at stations: name them'),
        ('groups:\n- {group: a, role: desk, stations: [n2w]}', 'has no stations'),
        ('groups:\n- {group: a, role: ward, stations: n2w}', 'a list of up to 3'),
        ('groups:\n- {group: a, role: ward, stations: [a, b, c, d]}', 'a list of up to 3'),
        ('groups:\n- {group: a, role: desk}\n- &x {group: b, role: desk}', 'line 3'),
    ],
)
def test_a_file_of_groups_that_makes_no_sense_is_refused_by_its_place(
    tmp_path: Path, text: str, problem: str
) -> None:
    file = tmp_path / 'groups.yaml'
    file.write_text(text, 'utf-8')
    with pytest.raises(WrongGroups, match=problem):
        load_groups(file)
