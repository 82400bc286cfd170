"""How warm blood is in its compartment: noted from load to hand-over, never what cannot be."""

from __future__ import annotations

import math
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_manager.application.cold_chain import EVERY_MS, LEAST_MS, cold_chain
from fleet_manager.application.custody_export import JournalLine, sheets_of
from fleet_manager.domain.codec import decode_event
from fleet_manager.domain.deliveries.custody import custody, gaps
from fleet_manager.domain.deliveries.lifecycle import DeliveryState as S
from fleet_manager.domain.maps.warmth import Warmth
from fleet_manager.domain.messages import TemperatureNoted
from fleet_manager.domain.units import MINUTE, Instant
from tests.application.stage import Stage
from tests.application.test_kernel_put_off import there

HOURS = 40


loaded = partial(there, 'blood')


def feel(stage: Stage, delivery: str, celsius: float | None, ms: int = 1_000) -> None:
    """The robot says how warm it is in the compartment, and time passes."""
    robot = stage.carrier(delivery)
    box = stage.delivery(delivery).compartment
    assert box is not None
    stage.box(robot, box, temperature=celsius)
    stage.tick(ms)


def notes(stage: Stage) -> list[float]:
    return [e.celsius for e in stage.all(TemperatureNoted)]


def codes(stage: Stage) -> set[str]:
    return {alert.code for alert in stage.kernel.state.alerts.values()}


def test_a_note_comes_with_each_half_degree_and_every_five_minutes() -> None:
    stage, blood = loaded()
    for celsius in (4.0, 4.2, 4.4):
        feel(stage, blood, celsius, LEAST_MS)
    assert notes(stage) == [4.0]
    feel(stage, blood, 4.5, LEAST_MS)
    feel(stage, blood, 3.1, 2_000)
    feel(stage, blood, 4.8, 2_000)
    assert notes(stage) == [4.0, 4.5, 3.1], 'never closer than twenty seconds'
    feel(stage, blood, 3.1, EVERY_MS)
    feel(stage, blood, 3.1)
    assert notes(stage) == [4.0, 4.5, 3.1, 3.1]
    now = cold_chain(stage.kernel.turn(), stage.delivery(blood))
    assert now is not None
    assert (now['lowest'], now['highest'], now['out_ms'], now['hole']) == (3.1, 4.5, 0, False)
    assert not codes(stage) & {'cold_chain'}


def test_out_of_range_is_counted_raised_shown_and_on_the_record() -> None:
    stage, blood = loaded()
    feel(stage, blood, 4.0, MINUTE)
    feel(stage, blood, 7.2, 6 * MINUTE)
    assert 'cold_chain' in codes(stage)
    feel(stage, blood, 5.0, MINUTE)
    assert 'cold_chain' not in codes(stage)
    stage.until(lambda: stage.help(blood) and stage.delivery(blood).state is S.TAKEN)
    before_signing = cold_chain(stage.kernel.turn(), stage.delivery(blood))
    assert before_signing is not None
    assert before_signing['out_ms'] == 7 * MINUTE
    assert (before_signing['highest'], before_signing['out']) == (7.2, False)
    stage.reach(blood, S.DELIVERED)
    lines = [(line.at, decode_event(line.kind, line.body)) for line in stage.journal]
    record = custody(lines)
    assert record is not None
    assert [(one.celsius, one.out) for one in record.temperatures] == [
        (4.0, False), (7.2, True), (7.2, True), (5.0, False),
    ]  # fmt: skip
    assert gaps(record) == []
    (sheet,) = sheets_of(
        JournalLine(n, at, blood, event, '')
        for n, (at, event) in enumerate(lines)
        if getattr(event, 'delivery', None) == blood
    )
    details = [line.detail for line in sheet.lines if line.kind == 'TemperatureNoted']
    assert details == ['4.0 °C', *['7.2 °C out_of_range'] * 2, '5.0 °C']
    assert sheet.lines[-1].holder == 'recipient:s7'
    stage.restart()
    assert stage.delivery(blood).cold is not None


@pytest.mark.parametrize('celsius', [None, math.nan, math.inf, -math.inf, -80.0, 120.0])
def test_what_cannot_be_true_never_is_noted_and_long_silence_is_a_hole(
    celsius: float | None,
) -> None:
    stage, blood = loaded()
    feel(stage, blood, celsius)
    assert stage.delivery(blood).cold is None
    feel(stage, blood, 4.0)
    feel(stage, blood, celsius, 4 * EVERY_MS)
    assert notes(stage) == [4.0]
    record = cold_chain(stage.kernel.turn(), stage.delivery(blood))
    assert record is not None
    assert record['hole']


def test_other_goods_and_open_doors_are_not_measured() -> None:
    stage, drug = there('drug')
    feel(stage, drug, 30.0)
    assert not stage.all(TemperatureNoted)
    stage, blood = loaded()
    stage.help(blood)
    opening, box = stage.delivery(blood).opening, stage.delivery(blood).compartment
    assert opening is not None
    assert box is not None
    robot = stage.carrier(blood)
    opened = stage.boxes(robot, box, closed=False, locked=False, temperature=19.0)
    stage.say(robot, last_grant=opening.grant, compartments=opened)
    assert not stage.all(TemperatureNoted)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=30))
def test_whatever_a_sensor_says_the_record_stays_true_and_short(said: list[float]) -> None:
    stage, blood = loaded()
    for celsius in said:
        feel(stage, blood, celsius)
    cold = stage.delivery(blood).cold
    assert len(notes(stage)) <= 1 + len(said) * 1_000 // LEAST_MS
    assert all(-40 <= celsius <= 80 for celsius in notes(stage))
    if cold is not None:
        assert cold.lowest <= cold.last <= cold.highest
        assert cold.out_ms <= cold.at - cold.since


def test_a_sensor_that_trembles_for_days_fills_no_journal() -> None:
    stage, blood = loaded()
    stage.auto = False
    for second in range(HOURS * 60 * 3):
        stage.now = Instant(stage.now + LEAST_MS)
        box = stage.delivery(blood).compartment
        assert box is not None
        stage.box(stage.carrier(blood), box, temperature=4.0 + 3 * (second % 2))
    assert len(notes(stage)) < HOURS * 40


def test_a_simulated_compartment_stays_cool_and_warms_while_it_stands_open() -> None:
    one, now = Warmth(), Instant(1_767_592_800_000)
    shut = [one.now(Instant(now + n * MINUTE), is_open=False) for n in range(60)]
    assert 3 <= min(shut) <= max(shut) <= 5
    assert one.now(Instant(now + 60 * MINUTE), is_open=True) < 6.0, 'a hand-over lets it be'
    assert one.now(Instant(now + 80 * MINUTE), is_open=True) > 12.0
