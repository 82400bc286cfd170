"""The table of rights: every role, every command, every deed; and that it is the kernel's law."""

from __future__ import annotations

import dataclasses
from typing import Any, get_type_hints

import pytest

from fleet_manager.application.kernel import Kernel
from fleet_manager.domain import messages as m
from fleet_manager.domain.ids import AccountId, StationId
from fleet_manager.domain.messages import Actor, Role
from fleet_manager.domain.personal import Sort
from fleet_manager.domain.rights import RIGHTS, Deed, Reach, commands, kept_to, may, reach
from fleet_manager.domain.units import Instant
from tests.application.stage import Stage

HERE, THERE, ELSEWHERE = StationId('pharmacy'), StationId('stores'), StationId('lab')
LOOKS = {right for right, row in RIGHTS.items() if row.looks}


@pytest.fixture(scope='module')
def kernel() -> Kernel:
    return Stage().kernel


def test_every_command_and_every_deed_has_a_row_and_nothing_else_has() -> None:
    assert set(RIGHTS) == {*commands(), *Deed}


def test_the_manager_itself_asks_for_nothing_and_no_role_is_named_twice_in_a_row() -> None:
    for row in RIGHTS.values():
        assert Role.SYSTEM not in row.roles
        assert len(row.roles) == len(row.own) + len(row.everywhere) + len(row.bound)


def test_the_auditor_reads_everything_and_changes_nothing() -> None:
    granted = {right for right in RIGHTS if reach(Role.AUDITOR, right) is not None}
    assert granted <= LOOKS
    assert not granted & set(commands())
    assert {Deed.SEE_DELIVERIES, Deed.SEE_FLEET} <= granted
    assert all(reach(Role.AUDITOR, right) is Reach.ANY for right in granted)


@pytest.mark.parametrize('role', [Role.WARD, Role.PHARMACY])
def test_a_ward_has_no_right_beyond_its_own_station(role: Role) -> None:
    nurse = Actor(AccountId('n'), role, HERE)
    for right in set(RIGHTS) - {Deed.ENTER}:
        assert reach(role, right) in (None, Reach.OWN), right
        assert not may(nurse, right, THERE, ELSEWHERE), right
        assert not may(nurse, right), right
    assert may(nurse, m.RequestDelivery, THERE, HERE)
    assert kept_to(nurse, Deed.SEE_DELIVERIES) == HERE


def test_who_should_work_at_a_station_and_has_none_may_nothing_there() -> None:
    assert not may(Actor(AccountId('n'), Role.WARD), m.OpenCompartment, HERE)


def test_a_program_is_kept_to_the_station_its_key_is_for() -> None:
    everywhere, bound = (Actor(AccountId('k'), Role.INTEGRATION, s) for s in (None, HERE))
    assert may(everywhere, m.RequestDelivery, THERE, ELSEWHERE)
    assert may(bound, m.RequestDelivery, THERE, HERE)
    assert not may(bound, m.RequestDelivery, THERE, ELSEWHERE)
    assert kept_to(everywhere, Deed.SEE_DELIVERIES) is None
    assert not may(everywhere, m.PauseFleet)


@pytest.mark.parametrize('role', list(Role))
@pytest.mark.parametrize('command', commands())
def test_the_kernel_refuses_a_role_without_the_right_before_it_looks_at_anything(
    kernel: Kernel, role: Role, command: type[m.Command]
) -> None:
    outcome = kernel.handle(filled(command, Actor(AccountId('x'), role)), Instant(1))
    assert outcome.reply is not None
    allowed = reach(role, command) is not None
    if not allowed:
        assert (outcome.reply.refusal_code, outcome.events) == ('not_allowed', ())
    elif reach(role, command) is Reach.OWN:
        assert outcome.reply.refusal_code is not None
    else:
        assert outcome.reply.refusal_code != 'not_allowed'


def filled(command: type[m.Command], actor: Actor) -> Any:
    """Return a command that names nothing there is: whoever may say it is told so."""
    kinds = get_type_hints(command)
    values: dict[str, Any] = {'actor': actor}
    for one in dataclasses.fields(command):
        needed = one.default is one.default_factory is dataclasses.MISSING
        if one.name != 'actor' and needed:
            values[one.name] = _nothing(kinds[one.name])
    return command(**values)


def _nothing(kind: Any) -> Any:
    kind = getattr(kind, '__supertype__', kind)
    if kind is m.PlaceKind:
        return m.PlaceKind.FLOOR
    if kind is Sort:
        return Sort.TEXTS
    if kind is m.Hospital:
        return Stage().kernel.hospital
    if (isinstance(kind, type) and issubclass(kind, tuple)) or getattr(
        kind, '__origin__', 0
    ) is tuple:
        return ()
    return 0 if kind in (int, Instant) else 'nothing-of-that-name'
