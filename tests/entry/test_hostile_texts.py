"""Whatever people type, everywhere: pages show it as text, files run nothing, two at once are one.

Over a whole manager and real HTTP, as every role that writes names and notes.
"""

from __future__ import annotations

import csv
import html
import io
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest

from fleet_manager.domain.messages import Role
from tests.entry.serving import Served

HTML = '<img src=x onerror=alert(1)>"\'&{{7*7}}'
TEXTS = {
    'html': HTML,
    'formula': '=HYPERLINK("http://evil","x")',
    'tab': '\t=1+1',
    'emoji': '👩‍⚕️🧪 送 🏥',
    'right to left': 'מדחום 5 مل',
    'override': 'abc\u202etxt.exe',
    'surrogate': 'a\ud83d',
    'long': 'ä' * 10_000,
}
PAGES = {
    'boss': (
        '/desk', '/desk/book', '/desk/today', '/desk?q={text}', '/follow-ups', '/stores',
        '/deliveries/D000001', '/deliveries/D000001/contents', '/reports',
        '/custody?delivery={text}',
    ),
    'root': ('/accounts?q={text}', '/accounts/li.na', '/keys', '/webhooks', '/audit?who={text}'),
}  # fmt: skip
FILES = ('/audit.csv', '/custody?delivery=D000001&form=csv', '/reports/table.csv')
STOCK = 'code,name_zh,name_en,goods,unit,station,lot,expires,count,warning,target,source\n'


@pytest.fixture(scope='module')
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp('hostile')) as running:
        yield running


@pytest.fixture(scope='module')
def people(served: Served) -> dict[str, httpx.Client]:
    return {
        'boss': served.session('boss', role=Role.OPERATOR),
        'root': served.session('root', role=Role.ADMIN),
    }


def send(client: httpx.Client, path: str, **fields: str) -> httpx.Response:
    """Send a form, also one that no browser would."""
    body = urlencode(fields, errors='surrogatepass')
    kind = {'content-type': 'application/x-www-form-urlencoded'}
    return client.post(path, content=body, headers=kind, follow_redirects=True)


@pytest.mark.thorough
@pytest.mark.parametrize('name', TEXTS)
def test_a_text_is_shown_as_text_or_refused_wherever_it_is_typed(
    people: dict[str, httpx.Client], name: str
) -> None:
    text, number = TEXTS[name], list(TEXTS).index(name)
    boss, root = people['boss'], people['root']
    trip = {'goods': 'drug', 'sender': 'pharmacy', 'recipient': 'n2w'}
    answers = [
        send(boss, '/desk/new', key=f'hostile-{number:03}', asked_by=text, note=text, **trip),
        send(boss, '/desk/notes', key=f'hostile-n{number:03}', text=text),
        send(boss, '/desk/complaints', key=f'hostile-c{number:03}', station='n2w', text=text),
        send(boss, '/desk/complaints/1/answer', text=text),
        send(boss, '/stores/import', csv=stock(text, number)),
        send(boss, '/deliveries/D000001/contents', item=text, count='1'),
        send(boss, '/deliveries/D000001/cancel'),
        send(root, '/accounts', name='li.na', label=text, role='ward', station1='n2w'),
        send(root, '/accounts/li.na/change', label=text, role='ward', station1='n2w'),
        send(root, '/accounts/li.na/badges', code=text),
        send(root, '/keys', label=text, days='30', read='yes'),
        send(root, '/webhooks', url=text, secret=text),
        send(root, '/confirm', secret=text, next=text),
        send(root, '/login', kind='person', name=text, password=text),
        send(root, '/language', lang='en', next=text),
    ]
    for who, paths in PAGES.items():
        shown = quote(text[:300], errors='surrogatepass')
        answers += [people[who].get(path.format(text=shown)) for path in paths]
    for answer in answers:
        assert answer.status_code < 500, answer.url
        assert '<img src=x' not in answer.text, answer.url
    if name in ('html', 'emoji', 'right to left'):
        book = boss.get('/desk/book').text
        assert html.unescape(book).count(text) >= 2, 'a note and a complaint say what was typed'
    for path in FILES:
        answer = (root if path == '/audit.csv' else boss).get(path)
        assert answer.status_code == 200, path
        for row in csv.reader(io.StringIO(answer.content.decode('utf-8-sig'))):
            assert not [cell for cell in row if cell.startswith(('=', '+', '@', '\t', '\r'))]


def stock(text: str, number: int) -> str:
    """Return a catalogue in which an item has this name."""
    out = io.StringIO()
    csv.writer(out).writerow(
        (f'C{number}', text, text, 'drug', 'box', 'n2w', '', '', '1', '5', '12', 'pharmacy')
    )
    return STOCK + out.getvalue()


def at_once(*deeds: Any) -> list[httpx.Response]:
    """Do them in the same moment."""
    start = threading.Barrier(len(deeds))

    def one(deed: Any) -> httpx.Response:
        start.wait(10)
        answer: httpx.Response = deed()
        return answer

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(one, deeds))


def test_two_people_who_act_on_one_parcel_at_once_are_both_told_the_truth(served: Served) -> None:
    desks = [served.session(f'desk-{n}', role=Role.OPERATOR) for n in range(2)]
    order = {'goods': 'drug', 'sender': 'pharmacy', 'recipient': 'n3e'}
    key = {'idempotency-key': 'at-once-0001'}
    name = desks[0].post('/api/v1/deliveries', json=order, headers=key).json()['id']
    answers = at_once(*(lambda one=one: send(one, f'/deliveries/{name}/cancel') for one in desks))
    assert [answer.status_code for answer in answers].count(200) >= 1
    for answer in answers:
        assert 'Cancelled' in answer.text
    timeline = desks[0].get(f'/api/v1/deliveries/{name}/timeline').json()
    assert str(timeline).count('DeliveryCancelled') == 1
    listed = served.session('auditor', role=Role.AUDITOR).get('/audit?deed=CancelDelivery').text
    assert listed.count(name) == 2, 'both deeds are on the list'


def test_two_people_who_accept_one_proposal_at_once_ask_for_one_delivery(served: Served) -> None:
    desks = [served.session(f'desk-{n}', role=Role.OPERATOR) for n in range(2)]
    send(desks[0], '/stores/import', csv=stock('Saline', 77))
    page = desks[0].get('/stores?station=n2w').text
    (mine,) = (part for part in page.split('<li class="panel proposal">') if '>C77<' in part)
    proposal = re.findall(r'/stores/proposals/([^/"]+)/accept', mine)[0]
    before = len(desks[0].get('/api/v1/deliveries').json()['deliveries'])
    at_once(*(lambda one=one: send(one, f'/stores/proposals/{proposal}/accept') for one in desks))
    assert len(desks[0].get('/api/v1/deliveries').json()['deliveries']) == before + 1
