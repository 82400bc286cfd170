"""A receiver is told everything once it is there, in order, over failures and restarts."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from fleet_manager.application import webhooks
from fleet_manager.domain.messages import Role
from tests.entry.manager import wait_until
from tests.entry.serving import Served

DRUG = {'goods': 'drug', 'sender': 'pharmacy', 'recipient': 'n2w'}


class Receiver:
    """A nurse call gateway: keeps what it takes, and answers `status` to the rest."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.status = 200
        self.refused: set[int] = set()
        self.secret = ''
        self.forged = 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers['content-length']))
                status = outer.answer(body, dict(self.headers))
                self.send_response(status)
                self.send_header('content-length', '0')
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.url = f'http://127.0.0.1:{self._server.server_port}/calls'
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def answer(self, body: bytes, headers: dict[str, str]) -> int:
        name, at = headers['webhook-id'], headers['webhook-timestamp']
        key = base64.b64decode(self.secret.removeprefix('whsec_'))
        mac = hmac.new(key, f'{name}.{at}.'.encode() + body, hashlib.sha256).digest()
        self.forged += headers['webhook-signature'] != f'v1,{base64.b64encode(mac).decode()}'
        event = json.loads(body)
        if self.status != 200:
            return self.status
        if event['delivery']['number'] in self.refused:
            return 422
        self.taken.append(event)
        return 200

    def numbers(self) -> list[int]:
        return [event['delivery']['number'] for event in self.taken]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def served(folder: Path) -> Served:
    return Served(folder / 'state', webhook_networks=('127.0.0.0/8',))


def order(person: httpx.Client, *numbers: int) -> None:
    for number in numbers:
        body = DRUG | {'reference': f'HIS-{number}'}
        assert person.post('/api/v1/deliveries', json=body).status_code == 201


def alerts(person: httpx.Client) -> set[str]:
    """Return the codes of the alerts about other systems that stand."""
    found = person.get('/api/v1/state').json()['entities']['alert'].values()
    return {one['code'] for one in found if one['code'].startswith('webhook_')}


@pytest.mark.slow
def test_everything_is_told_in_order_over_failures_restarts_and_refusals(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, 'FIRST_WAIT', 50)
    monkeypatch.setattr(webhooks, 'LONGEST_WAIT', 50)
    monkeypatch.setattr(webhooks, 'MOST_TRIES', 4)
    with served(tmp_path) as first:
        person, engineer = first.session(), first.session('eng', role=Role.ENGINEER)
        order(person, 1)  # before anybody asked to be told
        body = {'url': receiver.url, 'events': ['delivery.requested']}
        made = engineer.post('/api/v1/webhooks', json=body)
        assert made.status_code == 201, made.text
        receiver.secret, path = made.json()['secret'], made.headers['location']
        order(person, 2, 3)
        wait_until(lambda: receiver.numbers() == [2, 3])

        receiver.status = 500
        order(person, 4, 5)
        wait_until(lambda: engineer.get(path).json()['webhook']['paused'] == 'unreachable')
        wait_until(lambda: alerts(engineer) == {'webhook_paused'})
    with served(tmp_path) as second:  # and again, after a restart
        person, engineer = second.session(), second.session('eng', role=Role.ENGINEER)
        receiver.status, receiver.refused = 200, {5}
        order(person, 6)
        assert engineer.get(path).json()['webhook']['paused'] == 'unreachable'
        wait_until(lambda: alerts(engineer) == {'webhook_paused'})
        assert engineer.post(f'{path}/resume').status_code == 200
        wait_until(lambda: receiver.numbers() == [2, 3, 4, 6])
        wait_until(lambda: alerts(engineer) == {'webhook_refused'})
        wait_until(lambda: engineer.get(path).json()['dead'])
        shown = engineer.get(path).json()
        (dead,) = shown['dead']
        assert (dead['type'], dead['problem']) == ('delivery.requested', 'http_422')

        receiver.refused = set()
        assert engineer.post(f'{path}/dead/{dead["event"]}').status_code == 200
        wait_until(lambda: receiver.numbers() == [2, 3, 4, 6, 5])
        wait_until(lambda: not engineer.get(path).json()['dead'])
        wait_until(lambda: not alerts(engineer))

        engineer.post(f'{path}/pause')
        order(person, 7)
        engineer.post(f'{path}/resume')
        wait_until(lambda: receiver.numbers() == [2, 3, 4, 6, 5, 7])
        assert engineer.post(f'{path}/remove').status_code == 200
        assert engineer.get(path).status_code == 404
    ids = [event['id'] for event in receiver.taken]
    assert (len(set(ids)), receiver.forged) == (len(ids), 0)
    assert receiver.taken[0]['delivery']['reference'] == 'HIS-2'
