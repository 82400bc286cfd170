"""Settings: safe by default, and a bad value is refused by its name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from fleet_manager.entry.settings import Settings, is_loopback


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith('FLEET_')]:
        monkeypatch.delenv(name)


def test_without_anything_it_listens_on_loopback_only_with_no_simulated_staff() -> None:
    settings = Settings()
    assert settings.host == '127.0.0.1'
    assert settings.simulated_staff_per_hour == 0
    assert settings.sim_speed == 0
    assert not settings.secure
    assert settings.hospital.name == 'small_hospital'


@pytest.mark.parametrize(
    ('field', 'value'),
    [
        ('port', 0),
        ('port', 65_536),
        ('port', 'eighty'),
        ('robots', 0),
        ('robots', 1_001),
        ('ros', 'perhaps'),
        ('simulated_staff_per_hour', -1),
        ('simulated_staff_per_hour', float('nan')),
        ('simulated_staff_per_hour', 3_601),
        ('sim_speed', 20.1),
        ('sim_speed', float('nan')),
        ('sim_speed', -1),
        ('snapshot_every', 0),
        ('log_level', 'loud'),
        ('log_json', 'perhaps'),
        ('tls_certificate', '/there/is/no/such.pem'),
        ('tls_key', '/there/is/no/such.pem'),
        ('origins', 7),
        ('oidc_issuer', 'http://login.hospital.example'),
        ('oidc_issuer', 'login.hospital.example'),
        ('oidc_issuer', 'https://user:secret@login.hospital.example'),
        ('oidc_address', 'http://fleet.hospital.example'),
        ('oidc_address', 'https://fleet.hospital.example/oidc/callback'),
        ('oidc_client_secret_file', '/there/is/no/such.secret'),
        ('oidc_scopes', 'profile'),
        ('oidc_clock_skew_s', 301),
        ('prot', 8080),
    ],
)
def test_a_bad_value_is_refused_by_the_name_of_its_field(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(**{field: value})
    assert [error['loc'] for error in refused.value.errors()] == [(field,)]


@pytest.mark.parametrize('host', ['0.0.0.0', '::', '10.1.2.3', 'fleet.hospital.example', ''])
def test_a_host_others_can_reach_is_refused_without_tls(host: str) -> None:
    with pytest.raises(ValidationError, match=f'host {host} is reachable from outside'):
        Settings(host=host)


@pytest.mark.parametrize('missing', ['tls_certificate', 'tls_key'])
def test_half_of_a_tls_pair_is_not_tls(missing: str, tmp_path: Path) -> None:
    pem = tmp_path / 'some.pem'
    pem.touch()
    pair = {'tls_certificate': pem, 'tls_key': pem} | {missing: None}
    with pytest.raises(ValidationError, match='reachable from outside'):
        Settings(host='0.0.0.0', **pair)


def test_with_tls_it_may_be_reached_and_cookies_are_secure(tmp_path: Path) -> None:
    pem = tmp_path / 'some.pem'
    pem.touch()
    assert Settings(host='0.0.0.0', tls_certificate=pem, tls_key=pem).secure


@pytest.mark.parametrize(
    ('host', 'ours'),
    [
        ('127.0.0.1', True),
        ('127.9.9.9', True),
        ('::1', True),
        ('localhost', True),
        ('0.0.0.0', False),
        ('::', False),
        ('192.168.0.1', False),
        ('localhost.example', False),
        ('127.0.0.1.example', False),
        ('', False),
    ],
)
def test_loopback_is_only_what_nobody_else_can_reach(host: str, ours: bool) -> None:
    assert is_loopback(host) is ours


def test_every_field_is_set_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pem = tmp_path / 'some.pem'
    pem.touch()
    given = {
        'hospital': 'maps/other',
        'state_dir': str(tmp_path),
        'database_url': 'postgresql://host/fleet',
        'host': 'localhost',
        'port': '8090',
        'robots': '3',
        'ros': 'false',
        'simulated_staff_per_hour': '12.5',
        'sim_speed': '3',
        'snapshot_every': '50',
        'tls_certificate': str(pem),
        'tls_key': str(pem),
        'origins': '["https://fleet.example"]',
        'integration': str(pem),
        'hl7_port': '2575',
        'webhook_networks': '["10.0.0.0/8"]',
        'time_zone': 'Asia/Shanghai',
        'meal_cut_off_min': '90',
        'meal_times': 'lunch=11:30-12:45',
        'report_days': '90',
        'cost_robot_hour': '12.5',
        'cost_porter_hour': '40',
        'cost_currency': 'CNY',
        'retention_hour': '2',
        'retention_names_days': '400',
        'retention_texts_days': '30',
        'retention_codes_days': '31',
        'retention_waste_days': '1100',
        'retention_controlled_days': '1200',
        'retention_audit_days': '200',
        'retention_accounts_days': '7',
        'oidc_issuer': 'https://login.hospital.example/realms/staff',
        'oidc_client_id': 'fleet',
        'oidc_client_secret_file': str(pem),
        'oidc_address': 'https://fleet.hospital.example/',
        'oidc_groups': str(pem),
        'oidc_groups_claim': 'realm_access.roles',
        'oidc_scopes': 'openid profile groups',
        'oidc_clock_skew_s': '30',
        'oidc_name': 'Staff ID',
        'log_level': 'debug',
        'log_json': 'true',
    }
    assert set(given) == set(Settings.model_fields), 'a new setting needs a line here'
    for name, value in given.items():
        monkeypatch.setenv(f'FLEET_{name.upper()}', value)
    settings = Settings()
    assert (settings.port, settings.robots, settings.ros) == (8090, 3, False)
    assert (settings.sim_speed, settings.simulated_staff_per_hour) == (3.0, 12.5)
    assert (settings.host, settings.secure) == ('localhost', True)
    assert settings.origins == ('https://fleet.example',)
    assert (settings.log_level, settings.log_json) == ('debug', True)
    assert (settings.integration, settings.hl7_port) == (pem, 2575)
    assert [str(one) for one in settings.webhook_networks] == ['10.0.0.0/8']
    assert settings.snapshot_every == 50
    assert settings.meal_times == 'lunch=11:30-12:45'
    assert (settings.retention_hour, settings.retention_waste_days) == (2, 1_100)
    assert (settings.report_days, settings.cost_robot_hour) == (90, 12.5)
    assert (settings.cost_porter_hour, settings.cost_currency) == (40.0, 'CNY')
    assert (settings.time_zone, settings.meal_cut_off_min) == ('Asia/Shanghai', 90)
    assert settings.oidc_address == 'https://fleet.hospital.example'
    assert (settings.oidc_clock_skew_s, settings.oidc_name) == (30, 'Staff ID')
    assert settings.journal_url == settings.accounts_url == 'postgresql://host/fleet'


def test_half_of_a_provider_is_refused_with_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match='oidc_client_id is given without oidc_issuer'):
        Settings(oidc_client_id='fleet')
    with pytest.raises(ValidationError, match='needs oidc_client_secret_file and oidc_groups as'):
        Settings(
            oidc_issuer='http://127.0.0.1:9000',
            oidc_client_id='fleet',
            oidc_address='http://localhost:8080',
        )


def test_what_is_given_wins_over_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('FLEET_PORT', '8090')
    assert Settings(port=8100).port == 8100


def test_accounts_and_journal_are_two_files_of_the_state_folder(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path)
    assert settings.journal_url == f'sqlite:///{tmp_path}/fleet.db'
    assert settings.accounts_url == f'sqlite:///{tmp_path}/accounts.db'
