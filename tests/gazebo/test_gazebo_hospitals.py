"""Whole hospitals by physics: a clinic that was imported, and twenty robots in a tower."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet_manager.entry.settings import SHIPPED_MAPS
from tests.gazebo.house import GazeboHospital, with_floors
from tests.live.records import Records
from tests.live.ward import Ward

pytestmark = [pytest.mark.ros, pytest.mark.gazebo, pytest.mark.timeout(900)]

#: Simulated seconds twenty robots work.
TEN_MINUTES = 600.0


def test_the_clinic_with_its_two_lifts(tmp_path: Path) -> None:
    place = SHIPPED_MAPS / 'clinic'
    with GazeboHospital(tmp_path, place=place) as house, Ward(house) as ward:
        ward.wait_for_robots(4)
        ways = [
            ('drug', 'L1_sub_waiting_area', 'L2_left_nurse_center'),
            ('linen', 'L1_sub_waiting_are-2', 'L2_south_counter'),
            ('specimen', 'L2_west_counter', 'L1_sub_waiting_are-3'),
            ('supply', 'L2_east_counter', 'L1_right_nurse_cente'),
        ]
        names = [ward.ask(*way) for way in ways]
        ward.serve(*names, seconds=240.0)
        house.judge(ward)
        records = Records.of(house)
        used = {x.body['lift'] for x in records.lines if x.kind == 'LiftSessionStarted'}
        assert used == {'lift_1', 'lift_25'}


def test_twenty_robots_for_ten_minutes_in_the_reference_tower(tmp_path: Path) -> None:
    place = with_floors(tmp_path, 'general_hospital', ('B1', 'F4'))
    with GazeboHospital(tmp_path, place=place, robots=20) as house, Ward(house) as ward:
        ward.wait_for_robots(20)
        wards = ('a4w', 'a4e', 'b4w', 'b4e')
        senders = (('supply', 'sto'), ('drug', 'phs'), ('meal', 'kit'), ('sterile', 'cssd'))
        for recipient in wards:
            for goods, sender in senders:
                ward.ask(goods, sender, recipient)
            ward.ask('supply', recipient, 'sto2')
        began = house.now()
        seen = ward.see()
        while house.now() - began < 1_000 * TEN_MINUTES:
            seen = ward.attend()
        states = [one['state'] for one in seen['delivery'].values()]
        assert states.count('delivered') >= 8, states
        house.judge(ward)
