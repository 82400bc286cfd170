"""MLLP: a message is a message however its bytes come, and a hostile stream ends."""

from __future__ import annotations

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_manager.adapters.hl7.framing import MAX_MESSAGE, Framer, TooLong, framed

BODY = st.binary(max_size=60).map(lambda b: b.replace(b'\x0b', b'').replace(b'\x1c', b''))


@given(st.lists(BODY, max_size=6), st.lists(st.integers(1, 9), min_size=1, max_size=9))
def test_messages_come_out_as_they_were_whatever_pieces_they_come_in(
    bodies: list[bytes], cuts: list[int]
) -> None:
    stream, framer, found = b''.join(map(framed, bodies)), Framer(), list[bytes]()
    place = turn = 0
    while place < len(stream):
        step = cuts[turn % len(cuts)]
        found += framer.feed(stream[place : place + step])
        place, turn = place + step, turn + 1
    assert found == bodies


def test_what_stands_outside_and_what_was_cut_off_is_skipped() -> None:
    framer = Framer()
    assert framer.feed(b'noise' + framed(b'one') + b'\r\n\x0bcut off' + framed(b'two')) == [
        b'one',
        b'two',
    ]


@pytest.mark.parametrize('beginning', [b'', b'\x0b'])
def test_ten_megabytes_are_not_kept(beginning: bytes) -> None:
    framer = Framer()
    pieces = [beginning, *[b'x' * 4096] * (10 * 1024 * 1024 // 4096)]
    with pytest.raises(TooLong):
        deque(map(framer.feed, pieces), maxlen=0)
    assert len(framer._rest) <= MAX_MESSAGE + 4096


def test_a_whole_message_that_is_too_long_is_none() -> None:
    with pytest.raises(TooLong):
        Framer().feed(framed(b'x' * (MAX_MESSAGE + 1)))
