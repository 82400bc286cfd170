"""The map editor's server: who gets in, what it refuses, and what it writes."""

from __future__ import annotations

import copy
import difflib
import json
import math
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from babel.messages.pofile import read_po

from fleet_manager.adapters.files.desk import FolderDesk
from fleet_manager.adapters.files.hospital import check_folder, load_raw
from fleet_manager.adapters.http.editor import app as editor
from fleet_manager.adapters.http.editor.app import editor_app
from fleet_manager.adapters.http.editor.gate import BODY_LIMIT
from fleet_manager.adapters.http.editor.wire import DoubledId, from_wire, to_wire
from fleet_manager.domain.maps.check.table import CHECKS
from fleet_manager.domain.maps.problems import BrokenMap
from tests.adapters.http.conftest import FOLDER, Loop

PORT = 8765
URL = f'http://127.0.0.1:{PORT}'
TOKEN = 'the-token-of-the-link'
EDITOR = Path(editor.__file__).parent
WORDS = editor.load_words()
OWN = {key for key in WORDS['en'].texts if key.startswith('editor.')}
CJK = re.compile(r'[\u2e80-\u9fff\uff00-\uffef]')


class Page:
    """A browser at the editor of a folder."""

    def __init__(self, folder: Path, loop: Loop, *, link: bool = True) -> None:
        self.folder = folder
        self.loop = loop
        self.app = editor_app(FolderDesk(folder), token=TOKEN, port=PORT)
        self.client = self.another()
        if link:
            assert self.get(f'/?token={TOKEN}').status_code == 303

    def another(self, url: str = URL) -> httpx.AsyncClient:
        """Return another browser."""
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app, raise_app_exceptions=False),
            base_url=url,
            headers={'origin': URL, 'accept-language': 'en'},
        )

    def get(self, path: str, **how: Any) -> httpx.Response:
        found: httpx.Response = self.loop.run(self.client.get(path, **how))
        return found

    def post(self, path: str, **how: Any) -> httpx.Response:
        found: httpx.Response = self.loop.run(self.client.post(path, **how))
        return found

    def open(self) -> tuple[dict[str, Any], str]:
        answer = self.get('/api/map').json()
        return from_wire(answer['hospital']), answer['revision']

    def check(self, raw: Any) -> Any:
        answer = self.post('/api/check', json={'hospital': to_wire(raw)})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def review(self, raw: Any) -> httpx.Response:
        return self.post('/api/review', json={'hospital': to_wire(raw)})

    def save(self, raw: Any, over: str, *, draft: bool = False) -> httpx.Response:
        body = {'hospital': to_wire(raw), 'over': over, 'draft': draft}
        return self.post('/api/save', json=body)

    def texts(self) -> dict[str, str]:
        return {file.name: file.read_text('utf-8') for file in self.folder.glob('*.yaml')}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(FOLDER, tmp_path / 'hospital')


@pytest.fixture
def page(folder: Path, loop: Loop) -> Iterator[Page]:
    made = Page(folder, loop)
    yield made
    loop.run(made.client.aclose())


def nodes(raw: Any, floor: int = 0) -> Any:
    return raw['floors'][floor]['nodes']


# --- who gets in ---


def test_nothing_is_shown_without_the_link(folder: Path, loop: Loop) -> None:
    page = Page(folder, loop, link=False)
    paths = ('/', '/api/map', '/editor/editor.js', '/static/tokens.css', '/i18n/en.json', '/x')
    for path in (*paths, '/?token=', '/?token=wrong', f'/api/map?token={TOKEN}'):
        answer = page.get(path)
        assert answer.status_code == 403, path
        assert 'Pinewood' not in answer.text
    assert page.post('/api/check', json={'hospital': {}}).status_code == 403


def test_the_link_works_once_and_the_cookie_is_for_this_editor_only(page: Page) -> None:
    again = page.loop.run(page.another().get(f'/?token={TOKEN}'))
    assert again.status_code == 403
    assert 'works once' in again.text
    assert page.get('/').status_code == 200
    (cookie,) = page.client.cookies.jar
    assert cookie.name == f'editor-{PORT}'
    assert cookie.has_nonstandard_attr('HttpOnly')
    assert cookie.get_nonstandard_attr('SameSite') == 'strict'


@pytest.mark.parametrize('host', ['evil.example', f'evil.example:{PORT}', '127.0.0.1', ''])
def test_another_name_of_this_address_is_refused(page: Page, host: str) -> None:
    answer = page.get('/api/map', headers={'host': host})
    assert answer.status_code == 403
    assert 'address' in answer.json()['error']['message']


@pytest.mark.thorough
@pytest.mark.parametrize(
    'headers',
    [{'origin': 'http://evil.example'}, {'origin': 'null'}, {'sec-fetch-site': 'cross-site'}],
)
def test_another_page_cannot_post(page: Page, headers: dict[str, str]) -> None:
    raw, revision = page.open()
    body = {'hospital': to_wire(raw), 'over': revision, 'draft': True}
    assert page.post('/api/save', json=body, headers=headers).status_code == 403
    assert page.post('/language', data={'lang': 'en'}, headers=headers).status_code == 403


def test_every_answer_has_the_security_headers(page: Page) -> None:
    for path in ('/', '/api/map', '/editor/editor.js', '/nothing'):
        answer = page.get(path)
        policy = answer.headers['content-security-policy']
        assert "default-src 'self'" in policy
        assert 'unsafe' not in policy
        assert answer.headers['cache-control'] == 'no-store'


def test_the_page_has_no_script_or_style_of_its_own_text(page: Page) -> None:
    text = page.get('/').text
    assert not re.search(r'<script(?![^>]* src=)|<style|\son\w+=|style=', text)


def test_a_language_is_remembered(page: Page) -> None:
    assert page.post('/language', data={'lang': 'zh-CN'}).status_code == 303
    assert '地图编辑器' in page.get('/').text
    assert page.post('/language', data={'lang': 'fr'}).status_code == 422


# --- what it refuses ---


@pytest.mark.parametrize(
    'body',
    [
        b'',
        b'{',
        b'[]',
        b'{}',
        b'\xff\xfe',
        b'{"hospital": 5}',
        b'{"hospital": {}, "more": 1}',
        b'{"hospital": {}, "hospital": {}}',
        b'{"hospital": {"x": NaN}}',
        b'{"hospital": {"x": Infinity}}',
        b'{"hospital": ' + b'[' * 100_000,
        b'{"hospital": {"x": ' + b'9' * 5_000 + b'}}',
        b'{"hospital": {"lifts": [["a", {}], ["a", {}]]}}',
    ],
    ids=range(13),
)
def test_a_body_no_page_of_ours_sends_is_refused_in_a_sentence(page: Page, body: bytes) -> None:
    for path in ('/api/check', '/api/review'):
        answer = page.post(path, content=body, headers={'content-type': 'application/json'})
        assert answer.status_code == 422, answer.text
        assert len(answer.json()['error']['message']) > 10


def test_a_body_must_say_it_is_json(page: Page) -> None:
    answer = page.post('/api/check', content=b'{"hospital": {}}')
    assert answer.status_code == 422
    assert 'content-type' in answer.json()['error']['message']


def test_a_huge_body_is_refused_whether_it_says_its_length_or_not(page: Page) -> None:
    headers = {'content-type': 'application/json'}
    answer = page.post('/api/check', content=b' ' * (BODY_LIMIT + 1), headers=headers)
    assert answer.status_code == 413

    async def endless() -> Any:
        for _ in range(BODY_LIMIT // 65_536 + 2):
            yield b' ' * 65_536

    assert page.post('/api/check', content=endless(), headers=headers).status_code == 413


def test_a_map_that_is_none_has_problems_and_cannot_be_saved(page: Page) -> None:
    before = page.texts()
    for raw in ({}, {'floors': 1}, {'floors': [1], 'fleet': []}, {'lifts': [[1, 2]]}):
        found = page.check(raw)
        assert not found['readable']
        assert found['problems']
        assert page.save(raw, 'x', draft=True).status_code == 422
    assert page.texts() == before


def broken(change: Callable[[Any], object]) -> Callable[[Any], Any]:
    def apply(raw: Any) -> Any:
        draft = copy.deepcopy(raw)
        change(draft)
        return draft

    return apply


@pytest.mark.parametrize(
    ('change', 'code', 'path'),
    [
        (lambda raw: nodes(raw)['s01'].update(colour='red'), 'unknown_field', 'colour'),
        (lambda raw: nodes(raw)['s01'].update(at=[1e999, 2]), 'wrong_value', 's01'),
        (lambda raw: nodes(raw)['s01'].update(at='here'), 'wrong_value', 's01'),
        (lambda raw: nodes(raw).pop('s02'), 'unknown_id', 'lanes'),
        (lambda raw: raw.update(name={'zh': '', 'en': 'x'}), 'wrong_value', 'zh'),
    ],
)
def test_a_field_that_cannot_be_read_is_found_and_never_written(
    page: Page, change: Callable[[Any], object], code: str, path: str
) -> None:
    raw, revision = page.open()
    draft = broken(change)(raw)
    before = page.texts()
    text = json.dumps(to_wire(draft)).replace('Infinity', '1e999')
    headers = {'content-type': 'application/json'}
    answer = page.post('/api/check', content=f'{{"hospital": {text}}}', headers=headers).json()
    assert not answer['readable']
    assert any(one['code'] == code and path in one['path'] for one in answer['problems'])
    body = f'{{"hospital": {text}, "over": "{revision}", "draft": true}}'
    refused = page.post('/api/save', content=body, headers=headers)
    assert refused.status_code == 422
    assert refused.json()['error']['problems']
    assert page.texts() == before


def test_an_unknown_page_or_method_is_said(page: Page) -> None:
    assert page.get('/nothing').status_code == 404
    assert page.get('/i18n/fr.json').status_code == 404
    assert page.get('/api/save').status_code == 405
    assert page.get('/editor/../app.py').status_code == 404
    assert page.get('/editor/%2e%2e/app.py').status_code == 404


# --- what it finds ---


def test_a_draft_is_checked_as_it_is_and_nothing_is_written(page: Page) -> None:
    raw, _ = page.open()
    before = page.texts()
    assert page.check(raw) == {'problems': [], 'readable': True}
    nodes(raw)['park-1']['at'] = [7.0, 8.4]
    problems = page.check(raw)['problems']
    assert any(one['path'][:4] == ['floors', 'L1', 'nodes', 'park-1'] for one in problems)
    assert all(one['problem'] and one['mend'] and one['severity'] for one in problems)
    assert page.texts() == before


def test_the_order_of_the_files_survives_ids_of_digits() -> None:
    raw = {'floors': [{'id': 'L1', 'nodes': {'b': {}, '10': {}, '2': {}}, 'lanes': []}]}
    back = from_wire(json.loads(json.dumps(to_wire(raw))))
    assert list(back['floors'][0]['nodes']) == ['b', '10', '2']
    raw = {'fleet': {'types': {'tug': {'compartments': {'b': {}, '10': {}, '2': {}}}}}}
    back = from_wire(json.loads(json.dumps(to_wire(raw))))
    assert list(back['fleet']['types']['tug']['compartments']) == ['b', '10', '2']
    with pytest.raises(DoubledId):
        from_wire({'floors': [{'nodes': [['a', 1], ['a', 2]]}]})


def test_going_to_the_page_and_back_changes_nothing(page: Page) -> None:
    raw, _ = load_raw(page.folder)
    assert page.open()[0] == raw
    as_in_a_browser = whole(raw)
    review = page.review(as_in_a_browser).json()
    assert review['difference'] == ''
    assert review['changes'] == {}


def whole(value: Any) -> Any:
    """Return what JavaScript makes of a map: 12.0 is 12."""
    if isinstance(value, dict):
        return {key: whole(one) for key, one in value.items()}
    if isinstance(value, list):
        return [whole(one) for one in value]
    is_whole = isinstance(value, float) and math.isfinite(value) and value == int(value)
    return int(value) if is_whole else value


# --- what it writes ---


def test_a_moved_node_is_one_line_and_comments_stay(page: Page) -> None:
    raw, revision = page.open()
    before = page.texts()
    draft = whole(raw)
    nodes(draft)['s02']['at'] = [6.7, 8.4]
    answer = page.save(draft, revision)
    assert answer.status_code == 200, answer.text
    after = page.texts()
    assert {name for name in before if before[name] != after[name]} == {'L1.yaml'}
    lines = difflib.ndiff(before['L1.yaml'].splitlines(), after['L1.yaml'].splitlines())
    assert [line for line in lines if line[0] in '+-'] == [
        '-   s02: {at: [6.6, 8.4], kind: way}',
        '+   s02: {at: [6.7, 8.4], kind: way}',
    ]
    assert after['L1.yaml'].startswith('# Level 1: kitchen')


def test_a_review_shows_the_difference_and_counts_it(page: Page) -> None:
    raw, revision = page.open()
    nodes(raw)['s02']['at'] = [6.7, 8.4]
    nodes(raw)['park-9'] = {'at': [12.0, 11.9], 'kind': 'parking'}
    raw['floors'][0]['lanes'] = raw['floors'][0]['lanes'][1:]
    raw['fleet']['robots']['r1']['name'] = 'R01'
    review = page.review(raw).json()
    assert review['revision'] == revision
    assert review['changes'] == {
        'nodes': [1, 1, 0],
        'lanes': [0, 0, 1],
        'robots': [0, 1, 0],
    }
    assert '-  s02: {at: [6.6, 8.4], kind: way}\n' in review['difference']
    assert '+  park-9: {at: [12.0, 11.9], kind: parking}\n' in review['difference']
    assert review['errors'] > 0


def test_a_map_with_errors_is_saved_only_as_a_draft(page: Page) -> None:
    raw, revision = page.open()
    before = page.texts()
    del raw['floors'][0]['lanes'][0:11]
    refused = page.save(raw, revision)
    assert refused.status_code == 409
    assert refused.json()['error']['code'] == 'has_errors'
    assert str(refused.json()['error']['errors']) in refused.json()['error']['message']
    assert page.texts() == before
    assert page.save(raw, revision, draft=True).status_code == 200
    assert any(one.severity.value == 'error' for one in check_folder(page.folder))


@pytest.mark.slow
def test_files_that_changed_on_disk_are_not_overwritten_unasked(page: Page) -> None:
    raw, revision = page.open()
    nodes(raw)['s02']['at'] = [6.7, 8.4]
    other = page.folder / 'fleet.yaml'
    other.write_text(other.read_text('utf-8').replace('name: R1,', 'name: R0,'), 'utf-8')
    before = page.texts()
    refused = page.save(raw, revision)
    assert refused.status_code == 409
    assert refused.json()['error']['code'] == 'changed_on_disk'
    assert page.texts() == before
    review = page.review(raw).json()
    assert review['revision'] != revision
    assert '-  r1: {name: R0' in review['difference']
    assert page.save(raw, review['revision']).status_code == 200
    assert 'name: R1,' in other.read_text('utf-8')
    assert page.open()[0]['floors'][0]['nodes']['s02']['at'] == [6.7, 8.4]


@pytest.mark.slow
def test_one_saves_again_and_again(page: Page) -> None:
    raw, revision = page.open()
    for x in (6.7, 6.8):
        nodes(raw)['s02']['at'] = [x, 8.4]
        answer = page.save(raw, revision)
        assert answer.status_code == 200, answer.text
        revision = answer.json()['revision']
    assert page.open()[1] == revision


@pytest.mark.thorough
def test_files_that_became_unreadable_are_said(page: Page) -> None:
    raw, revision = page.open()
    (page.folder / 'L2.yaml').write_text('nodes: [', 'utf-8')
    for answer in (page.get('/api/map'), page.review(raw)):
        assert answer.status_code == 409
        assert 'L2.yaml' in answer.json()['error']['message']
    assert page.save(raw, revision).status_code == 409
    (page.folder / 'L2.yaml').unlink()
    assert page.get('/api/map').status_code == 409


def test_a_disk_that_refuses_is_said_and_loses_nothing(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw, revision = page.open()
    nodes(raw)['s02']['at'] = [6.7, 8.4]
    before = page.texts()

    def full(*paths: object) -> None:
        raise OSError(28, 'No space left on device', str(paths[1]))

    monkeypatch.setattr(os, 'replace', full)
    answer = page.save(raw, revision)
    assert answer.status_code == 500
    assert answer.json()['error']['message'] == (
        'The files could not be written: L1.yaml: No space left on device'
    )
    assert page.texts() == before


def test_a_bug_is_said_without_its_inside(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(desk: FolderDesk) -> None:
        raise RuntimeError('/secret/path')

    monkeypatch.setattr(FolderDesk, 'read', fails)
    answer = page.get('/api/map')
    assert answer.status_code == 500
    assert answer.json()['error']['code'] == 'internal'
    assert 'secret' not in answer.text
    assert "default-src 'self'" in answer.headers['content-security-policy']


def test_a_broken_folder_is_refused_at_the_start(folder: Path) -> None:
    (folder / 'L1.yaml').write_text('id: [', 'utf-8')
    with pytest.raises(BrokenMap, match='L1.yaml'):
        editor_app(FolderDesk(folder), token=TOKEN, port=PORT)


# --- its words ---


def sources(pattern: str) -> list[Path]:
    return sorted(EDITOR.glob(pattern))


def test_both_languages_of_the_editor_are_complete() -> None:
    for folder in ('en', 'zh_CN'):
        with (EDITOR / 'locales' / folder / 'LC_MESSAGES' / 'messages.po').open('rb') as file:
            catalog = read_po(file)
        assert {str(message.id) for message in catalog if message.id} == OWN
        assert not [message.id for message in catalog if message.fuzzy and message.id]
    for key in OWN:
        en, zh = (WORDS[lang].texts[key] for lang in ('en', 'zh-CN'))
        assert en.strip() == en != ''
        assert not CJK.search(en), key
        assert CJK.search(zh), key
        found = [sorted(re.findall(r'{(\w+)}', text)) for text in (en, zh)]
        assert found[0] == found[1], key


def test_every_text_of_the_editor_is_used_and_every_used_one_exists() -> None:
    used: set[str] = set()
    for path in (*sources('*.py'), *sources('templates/*.html'), *sources('static/*.js')):
        used |= set(re.findall(r"""['"`](editor\.[\w.]+)""", path.read_text('utf-8')))
    used -= {'editor.html'}
    beginnings = tuple(key for key in used if key.endswith('.'))
    assert {key for key in used - OWN if key not in beginnings} == set()
    assert {b for b in beginnings if not any(key.startswith(b) for key in OWN)} == set()
    # a field names the group of its words: `editor.${field.group}.${word}`
    beginnings += tuple(f'editor.{group}.' for group in editor.CHOICES)
    assert {key for key in OWN - used if not key.startswith(beginnings)} == set()


def test_every_check_and_every_choice_has_its_words() -> None:
    wanted = {f'editor.problem.{code}' for code in CHECKS}
    wanted |= {
        f'editor.{group}.{word}' for group, words in editor.CHOICES.items() for word in words
    }
    assert wanted - OWN == set()


def test_templates_and_scripts_of_the_editor_have_no_text_of_their_own() -> None:
    for path in sources('templates/*.html'):
        text = path.read_text('utf-8')
        bare = re.sub(r'{%.*?%}|{{.*?}}|<[^>]*>', '', text, flags=re.DOTALL)
        assert not re.search(r'[A-Za-z]{2,}', bare.replace('editor', '')), path.name
    for path in sources('static/*.js'):
        code = re.sub(r'/\*.*?\*/|\s//[^\n]*', '', path.read_text('utf-8'), flags=re.DOTALL)
        assert not CJK.search(code), path.name
        for literal in re.findall(r"'([^'\n]*)'", code):
            assert not re.search(r'[A-Z][a-z]+ [a-z]+|[a-z]{3,} [a-z]{3,} [a-z]{3,}', literal)


def test_the_editor_uses_the_colours_of_the_pages() -> None:
    tokens = (EDITOR.parent / 'static' / 'tokens.css').read_text('utf-8')
    text = (EDITOR / 'static' / 'editor.css').read_text('utf-8')
    defined = set(re.findall(r'--([\w-]+):', tokens))
    # set by the script: metres of a pixel, size of signs, where a code stands
    assert set(re.findall(r'var\(--([\w-]+)', text)) - defined == {'px', 'k', 'dx', 'dy'}
    assert '@keyframes' not in text
