"""The way into the kernel: bounded, fair, and nothing that was accepted is lost."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from fleet_manager.application.ports import Overloaded
from fleet_manager.domain.ids import DoorId, FloorId, LiftId, RobotId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import (
    DoorPosition,
    DoorReport,
    LiftDoor,
    LiftMode,
    LiftReport,
    MalformedReport,
    PoseReport,
    Report,
)
from fleet_manager.entry.mailbox import MAX_COMMANDS, MAX_DEVICES, BoundedMailbox
from tests.entry.manager import at_home, wish


def pose(robot: str, x: float) -> PoseReport:
    return PoseReport(RobotId(robot), FloorId('L1'), x, 0.0, 0.0)


@pytest.mark.thorough
def test_command_1001_is_refused_and_the_thousand_before_are_all_there_in_order() -> None:
    mailbox = BoundedMailbox()
    futures = [mailbox.submit(wish(f'key-{n}')) for n in range(MAX_COMMANDS)]
    with pytest.raises(Overloaded):
        mailbox.submit(wish('one-too-many'))
    mail = mailbox.take(wait=0)
    assert [future for _, future in mail.commands] == futures
    assert [getattr(command, 'key', '') for command, _ in mail.commands] == [
        f'key-{n}' for n in range(MAX_COMMANDS)
    ]


def test_a_refused_command_finds_room_once_the_mail_was_taken() -> None:
    mailbox = BoundedMailbox()
    for n in range(MAX_COMMANDS):
        mailbox.submit(wish(f'key-{n}'))
    mailbox.take(wait=0)
    assert mailbox.waiting() == 0
    mailbox.submit(wish())
    assert mailbox.waiting() == 1


def test_of_many_threads_exactly_those_are_in_that_were_not_refused() -> None:
    mailbox, accepted, refused = BoundedMailbox(), [], []

    def ask(who: int) -> None:
        for n in range(300):
            try:
                mailbox.submit(wish(f'{who}-{n}'))
                accepted.append(f'{who}-{n}')
            except Overloaded:
                refused.append(f'{who}-{n}')

    threads = [threading.Thread(target=ask, args=(who,)) for who in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    got = [getattr(command, 'key', '') for command, _ in mailbox.take(wait=0).commands]
    assert len(got) == MAX_COMMANDS
    assert sorted(got) == sorted(accepted)
    assert len(refused) == 5 * 300 - MAX_COMMANDS


def test_the_newest_report_of_a_device_wins() -> None:
    mailbox = BoundedMailbox()
    for x in (1.0, 2.0, 3.0):
        mailbox.report(pose('r1', x))
    assert mailbox.take(wait=0).reports == [pose('r1', 3.0)]
    assert mailbox.take(wait=0).reports == []


def test_of_two_programs_that_speak_as_one_robot_none_hides_the_other(hospital: Hospital) -> None:
    mailbox, state = BoundedMailbox(), at_home(hospital)
    twin = replace(state, incarnation='twin')
    for report in (state, twin, state, twin):
        mailbox.report(report)
    assert mailbox.take(wait=0).reports == [state, twin]


def test_a_robot_with_a_new_name_in_each_word_takes_few_places(hospital: Hospital) -> None:
    mailbox, state = BoundedMailbox(), at_home(hospital)
    for number in range(10_000):
        mailbox.report(replace(state, incarnation=f'program-{number}'))
    mailbox.report(pose('r2', 1.0))
    reports = mailbox.take(wait=0).reports
    assert pose('r2', 1.0) in reports
    assert len(reports) <= 4


def test_a_pose_never_replaces_a_state_of_the_same_robot(hospital: Hospital) -> None:
    mailbox, state = BoundedMailbox(), at_home(hospital)
    mailbox.report(state)
    mailbox.report(pose('r1', 1.0))
    assert mailbox.take(wait=0).reports == [state, pose('r1', 1.0)]


def test_robots_lifts_doors_and_nonsense_have_a_place_each() -> None:
    lift = LiftReport(
        *(LiftId('A'), FloorId('L1'), FloorId('L1'), LiftDoor.OPEN, False, LiftMode.AGV, '')
    )
    reports: list[Report] = [
        lift,
        replace(lift, lift=LiftId('B')),
        DoorReport(DoorId('A'), DoorPosition.OPEN),
        MalformedReport('A', 'no number'),
        pose('A', 1.0),
    ]
    mailbox = BoundedMailbox()
    for report in reports:
        mailbox.report(report)
    assert mailbox.take(wait=0).reports == reports


def test_a_flood_of_one_device_takes_one_place_and_starves_no_other() -> None:
    mailbox = BoundedMailbox()
    mailbox.report(pose('quiet', 1.0))
    for n in range(50_000):
        mailbox.report(pose('loud', float(n)))
    mailbox.report(pose('late', 2.0))
    assert mailbox.take(wait=0).reports == [
        pose('quiet', 1.0),
        pose('loud', 49_999.0),
        pose('late', 2.0),
    ]


def test_a_flood_of_reports_takes_no_place_from_commands() -> None:
    mailbox = BoundedMailbox()
    for n in range(2 * MAX_DEVICES):
        mailbox.report(MalformedReport(f'stranger-{n}', 'noise'))
    future = mailbox.submit(wish())
    mail = mailbox.take(wait=0)
    assert len(mail.reports) == MAX_DEVICES
    assert [waiting for _, waiting in mail.commands] == [future]


def test_a_known_device_is_heard_while_strangers_fill_the_rest() -> None:
    mailbox = BoundedMailbox()
    mailbox.report(pose('r1', 1.0))
    for n in range(2 * MAX_DEVICES):
        mailbox.report(MalformedReport(f'stranger-{n}', 'noise'))
    mailbox.report(pose('r1', 2.0))
    assert mailbox.take(wait=0).reports[0] == pose('r1', 2.0)


def test_a_command_wakes_the_reader_and_a_pose_does_not() -> None:
    mailbox, woken = BoundedMailbox(), threading.Event()
    reader = threading.Thread(target=lambda: (mailbox.take(wait=10), woken.set()))
    reader.start()
    time.sleep(0.05)
    mailbox.report(pose('r1', 1.0))
    assert not woken.wait(0.1)
    mailbox.submit(wish())
    assert woken.wait(5)
    reader.join()


def test_a_closed_mailbox_refuses_wakes_and_still_gives_out_what_it_has() -> None:
    mailbox, mail = BoundedMailbox(), []
    reader = threading.Thread(target=lambda: mail.append(mailbox.take(wait=60)))
    reader.start()
    time.sleep(0.05)
    mailbox.close()
    reader.join(5)
    assert mail[0].commands == []
    with pytest.raises(Overloaded):
        mailbox.submit(wish())
    open_one = BoundedMailbox()
    open_one.submit(wish())
    open_one.close()
    assert len(open_one.take(wait=60).commands) == 1
