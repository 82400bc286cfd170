"""Two complete languages: no key missing, unused or differing, no text outside the catalogs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from fleet_manager.adapters.http import i18n, pages
from fleet_manager.application.audit import all_deeds
from fleet_manager.domain.deliveries.goods import GOODS, Urgency
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.errors import REFUSAL_CODES
from fleet_manager.domain.messages import LiftDoor, LiftMode, LiftStage, Role
from fleet_manager.domain.personal import ERASED, pseudonym

FOLDER = Path(pages.__file__).parent
VIEWS = Path(__file__).parents[3] / 'docs' / 'views.md'
PYTHON = sorted(FOLDER.rglob('*.py'))
TEMPLATES = sorted((FOLDER / 'templates').glob('*.html'))
SCRIPTS = sorted((FOLDER / 'static').glob('*.js'))
WORDS = i18n.load()
KEYS = set(WORDS['en'].texts)
#: A number with its unit reads the same in both.
UNITS = ('cold.celsius',)
CJK = re.compile(r'[\u2e80-\u9fff\uff00-\uffef]')
PLACEHOLDER = re.compile(r'{(\w+)}')
GROUPS = sorted({key.split('.')[0] for key in KEYS})
KEY = re.compile(rf"""['"`]((?:{'|'.join(GROUPS)})\.[\w.$\{{}}-]*)['"`]""")


def test_both_languages_have_the_same_keys() -> None:
    assert set(WORDS['zh-CN'].texts) == KEYS


@pytest.mark.parametrize('key', sorted(KEYS))
def test_a_text_is_there_in_both_languages_with_the_same_placeholders(key: str) -> None:
    en, zh = WORDS['en'].texts[key], WORDS['zh-CN'].texts[key]
    assert en.strip() == en != ''
    assert zh.strip() == zh != ''
    assert sorted(PLACEHOLDER.findall(en)) == sorted(PLACEHOLDER.findall(zh))
    if key not in ('language.en', 'language.zh-CN'):
        assert not CJK.search(en), en
        assert CJK.search(zh) or key.startswith('language.') or key in UNITS, zh


@pytest.mark.parametrize('folder', i18n.LANGUAGES.values())
def test_no_text_is_fuzzy_or_left_over(folder: str) -> None:
    with (i18n.LOCALES / folder / 'LC_MESSAGES' / 'messages.po').open('rb') as file:
        catalog = read_po(file)
    assert not [message.id for message in catalog if message.fuzzy and message.id]
    assert not catalog.obsolete


@pytest.mark.parametrize(
    ('text', 'en', 'zh'),
    [
        (ERASED, '(erased)', '（已删除）'),
        (pseudonym('7f3a91c2' * 8), 'Erased name 7f3a91c2', '姓名已删除 7f3a91c2'),
        ('person-li', 'person-li', 'person-li'),
        ('it was (erased)', 'it was (erased)', 'it was (erased)'),
    ],
)
def test_what_was_erased_is_said_in_words_and_nothing_else_is(text: str, en: str, zh: str) -> None:
    assert (WORDS['en'].kept(text), WORDS['zh-CN'].kept(text)) == (en, zh)


def used() -> tuple[set[str], set[str]]:
    """Return the keys and the beginnings of keys that stand in code, templates and scripts."""
    keys, beginnings = set(), set()
    for path in (*PYTHON, *TEMPLATES, *SCRIPTS):
        for found in KEY.findall(path.read_text('utf-8')):
            beginning = re.split(r'[$]?{', found)[0]
            whole = beginning == found and not found.endswith('.')
            (keys if whole else beginnings).add(beginning)
    return keys, beginnings


def test_every_key_that_is_used_exists() -> None:
    keys, beginnings = used()
    assert {key for key in keys - KEYS if not key.endswith('.html')} == set()
    assert {
        start for start in beginnings if not any(key.startswith(start) for key in KEYS)
    } == set()


def test_every_key_is_used() -> None:
    keys, beginnings = used()
    assert {key for key in KEYS - keys if not key.startswith(tuple(beginnings))} == set()


def codes(heading: str) -> list[str]:
    """Return the codes of a list in docs/views.md."""
    text = VIEWS.read_text('utf-8')
    paragraph = text[text.index(heading) :].split('\n\n')[0]
    return re.findall(r'`([a-z_]+)`', re.sub(r'\([^)]*\)', '', paragraph))


def test_every_code_a_page_may_get_has_its_texts() -> None:
    wanted = {f'refusal.{code}' for code in REFUSAL_CODES}
    wanted |= {f'delivery.{part}.{state}' for state in DeliveryState for part in ('state', 'says')}
    wanted |= {f'goods.{goods}' for goods in GOODS}
    wanted |= {f'audit.deed.{deed}' for deed in all_deeds()}
    wanted |= {f'role.{role}' for role in Role if role is not Role.SYSTEM}
    wanted |= {f'{part}.{one}' for one in Urgency for part in ('urgency', 'new.promise')}
    wanted |= {f'lift.mode.{mode}' for mode in LiftMode}
    wanted |= {f'lift.door.{door}' for door in LiftDoor}
    wanted |= {f'robot.state.{state}' for state in codes('ROBOT_STATES:')}
    wanted |= {f'alert.{code}.{part}' for code in codes('Alert codes:') for part in ('what', 'do')}
    wanted |= {f'waiting.{code}' for code in codes('Why a delivery waits') if code != 'waiting'}
    wanted |= {f'waits.{code}' for code in codes('For whom or what a robot stands')}
    wanted |= {f'lift.why.{code}' for code in codes('Why a robot in line for a lift')}
    wanted |= {f'lift.stage.{stage}' for stage in LiftStage if stage is not LiftStage.EXITED}
    wanted -= {'waiting.robot', 'waiting.code'}
    assert wanted - KEYS == set()
    assert min(len(codes('ROBOT_STATES:')), len(codes('Alert codes:'))) >= 15


def test_a_refusal_says_in_one_or_two_sentences_what_is_wrong_and_what_to_do() -> None:
    for code in REFUSAL_CODES:
        text = WORDS['en'](f'refusal.{code}', phone='8000')
        assert len(text) < 120, code
        assert code not in text
        assert not re.search(r'[A-Z]+_', text)


@pytest.mark.parametrize('path', TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_text_of_its_own(path: Path) -> None:
    text = path.read_text('utf-8')
    assert not CJK.search(text)
    text = re.sub(r'{% block body_class %}.*?{% endblock %}', '', text)
    bare = re.sub(r'{%.*?%}|{{.*?}}|{#.*?#}|<!doctype html>|<[^>]*>', '', text, flags=re.DOTALL)
    assert not re.search(r'[A-Za-z]{2,}', bare), re.findall(r'[A-Za-z]{2,}.*', bare)
    attributes = re.findall(r'(?:aria-label|title|alt|placeholder|content)="([^"{]+)"', text)
    allowed = {'width=device-width, initial-scale=1', 'light'}
    assert set(attributes) <= allowed


@pytest.mark.parametrize('path', SCRIPTS, ids=lambda path: path.name)
def test_a_script_has_no_text_of_its_own(path: Path) -> None:
    code = re.sub(r'/\*.*?\*/|\s//[^\n]*', '', path.read_text('utf-8'), flags=re.DOTALL)
    assert not CJK.search(code)
    for literal in re.findall(r"'([^'\n]*)'|`([^`]*)`", code):
        for text in literal:
            plain = re.sub(r'\$\{[^}]*}', '', text)
            assert not re.search(r'[A-Z][a-z]+ [a-z]+|[a-z]{3,} [a-z]{3,} [a-z]{3,}', plain), text


def test_python_has_no_chinese_outside_comments_and_catalogs() -> None:
    for path in PYTHON:
        code = re.sub(r'""".*?"""|#[^\n]*', '', path.read_text('utf-8'), flags=re.DOTALL)
        assert not CJK.search(code), path.name


def test_a_placeholder_nobody_fills_is_a_dash_and_an_unknown_code_has_a_text() -> None:
    words = WORDS['en']
    assert words('delivery.number', x=1) == 'No. –'
    assert words.known('waiting.new_code', 'waiting.other') == words('waiting.other')
    with pytest.raises(KeyError):
        words('no.such.key')


def test_every_status_the_gate_gives_has_a_title() -> None:
    for status in (403, 404, 405, 408, 413, 415, 422, 429, 500, 503):
        assert f'error.title.{status}' in KEYS
