"""Reports: groups add up to the whole, shares are honest, no robot minute is paid twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fleet_manager.application.days.collect import FOLLOWED
from fleet_manager.application.days.follow import Cause, Parcel
from fleet_manager.application.reports import COLUMNS, Rates, make_report, table
from fleet_manager.domain.ids import DeliveryId, NodeId, StationId
from fleet_manager.domain.units import HOUR, MINUTE, Instant

DAY = 24 * HOUR
BEGIN = Instant(1_800_000_000_000)
END = Instant(BEGIN + DAY)
RATES = Rates(60.0, 30.0, 'CNY')


def parcel(number: int = 1, *, ready: int = 0, **changes: object) -> Parcel:
    """Return a routine drug for the ward, promised an hour after it was ready."""
    at = Instant(BEGIN + ready)
    made = Parcel(
        id=DeliveryId(f'd{number}'),
        goods='drug',
        urgency='routine',
        sender=StationId('pharmacy'),
        recipient=StationId('n2w'),
        sender_node=NodeId('a'),
        recipient_node=NodeId('b'),
        requested_at=at,
        ready_at=at,
        promised_at=Instant(at + HOUR),
        since=at,
    )
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def delivered(number: int, *, after: int, **changes: object) -> Parcel:
    """Return one that arrived so many minutes after it was ready."""
    at = Instant(BEGIN + after * MINUTE)
    ends = {'state': 'delivered', 'ended': True, 'arrived_at': at, 'received_at': at}
    return parcel(number, **{**ends, 'ended_at': at, **changes})


def test_on_time_completion_ratings_causes_and_cost_of_a_ward() -> None:
    made = make_report(
        [
            delivered(1, after=30, rating=5, robot_ms=HOUR // 2),
            delivered(2, after=90, rating=2, spent={Cause.LIFT: 50 * MINUTE}, robot_ms=HOUR),
            delivered(3, after=59, by_porter=True, loaded_at=Instant(BEGIN + 29 * MINUTE)),
            parcel(4, state='cancelled', ended=True, ended_at=BEGIN),
            parcel(5, state='expired', ended=True, ended_at=Instant(BEGIN + 2 * HOUR)),
            parcel(6, ready=23 * HOUR + 1),
            parcel(7, ready=DAY),
        ],
        begin=BEGIN,
        end=END,
        as_of=END,
        complete=True,
        robots=2,
        rates=RATES,
    )
    (ward,) = made.by_ward
    assert (ward.name, ward.asked, ward.judged) == ('n2w', 6, 4)
    assert (ward.on_time, ward.delivered, ward.completed) == (0.5, 3, 0.75)
    assert (ward.ratings, ward.stars, ward.satisfied) == (2, 3.5, 0.5)
    assert dict(ward.causes) == {'lift': 1, 'fault': 1}
    assert (ward.robot_hours, ward.porter_hours, ward.cost) == (1.5, 0.5, 105.0)
    assert ward.to_arrival.p50 == 59


def test_who_asked_pays_and_what_nobody_of_a_station_asked_is_the_recipients() -> None:
    made = make_report(
        [delivered(1, after=1, asked_by=StationId('lab')), delivered(2, after=1)],
        begin=BEGIN,
        end=END,
        as_of=END,
        complete=True,
        robots=1,
        rates=RATES,
        wards=['n2w', 'lab'],
    )
    assert [row.name for row in made.by_ward] == ['n2w', 'lab']


@given(
    st.lists(
        st.builds(
            lambda number, after, ready, hours, ward, stars, ended: delivered(
                number,
                after=after,
                ready_at=Instant(BEGIN + ready),
                robot_ms=hours,
                asked_by=ward,
                rating=stars,
                ended=ended,
            ),
            st.integers(1, 9),
            st.integers(0, 3_000),
            st.integers(-HOUR, 2 * DAY),
            st.integers(0, DAY),
            st.sampled_from([None, StationId('n2w'), StationId('lab')]),
            st.one_of(st.none(), st.integers(1, 5)),
            st.booleans(),
        ),
        max_size=12,
    )
)
def test_groups_add_up_to_the_whole_and_shares_are_shares(parcels: list[Parcel]) -> None:
    made = make_report(
        parcels, begin=BEGIN, end=END, as_of=END, complete=True, robots=1, rates=RATES
    )
    for rows in (made.by_urgency, made.by_goods, made.by_ward):
        assert sum(row.asked for row in rows) == made.total.asked
        assert sum(row.judged for row in rows) == made.total.judged
        assert sum(row.ratings for row in rows) == made.total.ratings
        assert abs(sum(row.cost for row in rows) - made.total.cost) < 0.02
    for row in (made.total, *made.by_ward):
        for share in (row.on_time, row.completed, row.satisfied):
            assert share is None or 0 <= share <= 1
    lines = table(made)
    assert {len(line) for line in lines} == {len(COLUMNS)}


def test_what_is_read_of_the_journal_is_what_is_looked_at() -> None:
    assert {'DeliveryRequested', 'NodeReached', 'DeliveryRated'} <= FOLLOWED
