"""The guides: one page each, whole in both languages, where people work."""

from __future__ import annotations

import re

import pytest

from fleet_manager.adapters.http import guides
from tests.adapters.http.conftest import Site

CJK = re.compile(r'[\u4e00-\u9fff]')


def shape(body: str) -> list[str]:
    """Return what a guide is made of: its headings, lists and rows, without their words."""
    return re.findall(r'<(h2|ol|ul|table|tr)\b', body)


@pytest.mark.parametrize('name', guides.GUIDES)
def test_a_guide_says_the_same_in_both_languages_and_fits_a_page(name: str) -> None:
    english, chinese = guides.load(name, 'en'), guides.load(name, 'zh-CN')
    assert shape(english[1]) == shape(chinese[1])
    assert not CJK.search(english[0] + english[1])
    assert CJK.search(chinese[0])
    assert len(re.sub(r'<[^>]*>', '', english[1]).split()) < 550


@pytest.mark.parametrize('name', guides.GUIDES)
def test_nothing_of_the_markup_is_left_in_the_page(name: str) -> None:
    for lang in ('en', 'zh-CN'):
        _, body = guides.load(name, lang)
        assert not re.search(r'\*\*|^#|\]\(|^\|', body, re.MULTILINE)
        assert body.count('<li>') + body.count('<tr>') > 3 or name == 'porter'


def test_everybody_finds_the_guide_of_their_role_and_the_others(site: Site) -> None:
    nurse, operator = site.ward('n2w'), site.operator()
    assert nurse.get('/guide').headers['location'] == '/guide/nurse'
    assert operator.get('/guide').headers['location'] == '/guide/desk'
    assert 'href="/guide"' in nurse.get('/ward').text
    page = nurse.get('/guide/pharmacist')
    assert page.status_code == 200
    assert 'href="/guide/nurse"' in page.text
    assert nurse.get('/guide/secrets').status_code == 404


def test_words_in_a_guide_are_text_and_never_markup() -> None:
    assert '<b>' not in guides._block(['a <b> **c**'])
    assert '<strong>c</strong>' in guides._block(['a <b> **c**'])
