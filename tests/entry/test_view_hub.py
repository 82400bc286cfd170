"""The newest picture for whoever looks."""

from __future__ import annotations

import threading

from fleet_manager.application.ports import View
from fleet_manager.domain.units import Instant
from fleet_manager.entry.view_hub import ViewHub


def test_before_the_first_picture_there_is_an_empty_one() -> None:
    assert ViewHub().current() == View(0, Instant(0), {})


def test_each_picture_has_the_next_number_and_is_the_current_one() -> None:
    hub = ViewHub()
    for seq in (1, 2, 3):
        hub.publish({'robot': {'r1': {'seq': seq}}}, Instant(seq * 10))
        assert hub.current() == View(seq, Instant(seq * 10), {'robot': {'r1': {'seq': seq}}})


def test_everybody_who_listens_gets_every_picture_in_order() -> None:
    hub, first, second = ViewHub(), [], []
    hub.subscribe(lambda view: first.append(view.seq))
    hub.subscribe(lambda view: second.append(view.seq))
    for _ in range(3):
        hub.publish({}, Instant(0))
    assert first == second == [1, 2, 3]


def test_who_left_hears_nothing_more_and_leaving_twice_is_once() -> None:
    hub, heard, others = ViewHub(), [], []
    leave = hub.subscribe(heard.append)
    hub.subscribe(others.append)
    hub.publish({}, Instant(0))
    leave()
    leave()
    hub.publish({}, Instant(0))
    assert (len(heard), len(others)) == (1, 2)


def test_a_listener_may_leave_and_another_come_while_a_picture_is_shown() -> None:
    hub, heard = ViewHub(), []

    def once(view: View) -> None:
        leave()
        hub.subscribe(lambda later: heard.append(later.seq))

    leave = hub.subscribe(once)
    hub.publish({}, Instant(0))
    hub.publish({}, Instant(0))
    assert heard == [2]


def test_who_looks_from_another_thread_never_sees_an_older_picture_after_a_newer() -> None:
    hub, done, seen = ViewHub(), threading.Event(), []

    def look() -> None:
        while not done.is_set():
            seen.append(hub.current().seq)

    looker = threading.Thread(target=look)
    looker.start()
    for _ in range(2_000):
        hub.publish({}, Instant(0))
    done.set()
    looker.join()
    assert seen == sorted(seen)
