"""The page on the checks lists all of them, as they are, each with a picture."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fleet_manager.domain.maps.check import CHECKS

PAGE = Path(__file__).parents[3] / 'docs' / 'map-checks.md'
SECTIONS = dict(
    re.findall(r'^### (\w+)\n(.*?)(?=^##|\Z)', PAGE.read_text(encoding='utf-8'), re.M | re.S)
)


def test_the_page_has_a_section_for_each_check_in_their_order() -> None:
    assert list(SECTIONS) == list(CHECKS)


@pytest.mark.parametrize('code', CHECKS)
def test_a_section_tells_the_rule_how_to_mend_it_and_has_a_picture(code: str) -> None:
    check, section = CHECKS[code], ' '.join(SECTIONS.get(code, '').split())
    assert section.startswith(f'{check.severity.value.capitalize()}: {check.rule}. ')
    assert '**Mend:** ' in section
    assert '```text' in section


@pytest.mark.parametrize('code', CHECKS)
def test_the_tables_tell_the_rule_too(code: str) -> None:
    check = CHECKS[code]
    row = f'| [`{code}`](#{code}) | {check.severity.value} | {check.rule} |'
    assert row in PAGE.read_text(encoding='utf-8')
