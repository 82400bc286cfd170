"""Fields some goods have: only known ones, only possible values, a bag labelled wholly."""

from __future__ import annotations

import pytest

from fleet_manager.domain.deliveries.details import (
    DIETS,
    MAX_CODES,
    STAT,
    WASTE_TYPES,
    fields_of,
    urgency_of,
    wrong_field,
)
from fleet_manager.domain.deliveries.goods import GOODS, Urgency

BAG = {'waste_type': 'sharps', 'weight_kg': '2.5', 'bag': 'W-2026-0007'}


@pytest.mark.parametrize('goods', GOODS)
def test_no_goods_need_details_and_none_takes_what_it_does_not_know(goods: str) -> None:
    assert wrong_field(goods, {}) is None
    assert wrong_field(goods, {'patient': 'Zhang San'}) == 'patient'


@pytest.mark.parametrize('field', BAG)
def test_a_bag_of_waste_is_labelled_wholly(field: str) -> None:
    assert wrong_field('waste', BAG) is None
    assert wrong_field('waste', {k: v for k, v in BAG.items() if k != field}) == field
    assert wrong_field('waste', BAG | {field: ''}) == field


@pytest.mark.parametrize('weight', ['0', '0.00', '-1', '1e2', '100.01', 'NaN', ' 2', '2,5', '٢'])
def test_a_weight_is_plain_and_possible(weight: str) -> None:
    assert wrong_field('waste', BAG | {'weight_kg': weight}) == 'weight_kg'


def test_codes_are_what_scanners_read_each_once_and_not_too_many() -> None:
    assert wrong_field('specimen', {'codes': 'LAB-001 (7)'}) == 'codes'
    assert wrong_field('specimen', {'codes': 'A123 A123'}) == 'codes'
    many = [f'T{place:04}' for place in range(MAX_CODES + 1)]
    assert wrong_field('drug', {'codes': ' '.join(many[:-1])}) is None
    assert wrong_field('drug', {'codes': ' '.join(many)}) == 'codes'


@pytest.mark.parametrize('value', ['', ' ', '<b>', 'a\nb', '=1+1', '😀', '\u202egpj', 'x' * 999])
def test_whatever_is_typed_into_a_field_is_a_known_value_or_named(value: str) -> None:
    for goods in GOODS:
        for field in fields_of(goods):
            assert wrong_field(goods, {field: value}) == field


def test_a_stat_specimen_is_stat_and_nothing_is_above_it() -> None:
    assert urgency_of('specimen', {}, raised=False) is Urgency.ROUTINE
    assert urgency_of('specimen', {}, raised=True) is Urgency.URGENT
    for raised in (False, True):
        assert urgency_of('specimen', {'kind': STAT}, raised=raised) is Urgency.STAT
    assert wrong_field('drug', {'kind': STAT}) == 'kind'
    assert {*WASTE_TYPES, *DIETS}.isdisjoint(GOODS)
