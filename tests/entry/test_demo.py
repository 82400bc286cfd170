"""The parts of `fleet demo` that need no ROS: which domain, which processes, what is ready."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from fleet_manager.domain.maps.model import Hospital
from fleet_manager.entry.demo import DOMAINS, DemoOptions, _domain, is_quiet, prepare
from fleet_manager.entry.settings import Settings


def first_port(domain: int) -> int:
    return 7_410 + 250 * domain


@pytest.fixture(autouse=True)
def _no_domain_of_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv('ROS_DOMAIN_ID', raising=False)


def test_a_state_folder_keeps_its_domain_and_others_spread(tmp_path: Path) -> None:
    assert _domain(tmp_path) == _domain(tmp_path)
    assert len({_domain(tmp_path / str(n)) for n in range(40)}) > 15
    assert {_domain(tmp_path / str(n)) for n in range(40)} <= set(DOMAINS)


def test_a_demo_leaves_a_domain_to_whoever_speaks_there_already(tmp_path: Path) -> None:
    usual = _domain(tmp_path)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(('127.0.0.1', first_port(usual)))
        assert not is_quiet(usual)
        assert _domain(tmp_path) != usual
    assert _domain(tmp_path) == usual


def test_a_domain_that_was_chosen_outside_is_kept(
    hospital: Hospital, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('ROS_DOMAIN_ID', '7')
    children = prepare(DemoOptions(Settings(state_dir=tmp_path), 1.0, 0.0), hospital)
    assert {child.environment['ROS_DOMAIN_ID'] for child in children} == {'7'}


def test_a_demo_is_a_building_robots_and_a_manager_in_one_domain(
    hospital: Hospital, tmp_path: Path
) -> None:
    options = DemoOptions(Settings(state_dir=tmp_path, port=8_123), 3.0, 12.0)
    children = prepare(options, hospital)
    assert [child.name for child in children] == ['hospital', 'robots', 'manager']
    assert len({child.environment['ROS_DOMAIN_ID'] for child in children}) == 1
    manager = children[-1].environment
    assert manager['FLEET_PORT'] == '8123'
    assert manager['FLEET_SIM_SPEED'] == '3.0'
    assert manager['FLEET_SIMULATED_STAFF_PER_HOUR'] == '12.0'
    assert (tmp_path / 'logs').stat().st_mode & 0o077 == 0
