"""People at their pages: ask, load, open, sign and cancel over HTTP, and keep what was promised.

Whatever is asked is repeated, with the same idempotency key, until the manager answers: it may be
killed in between. What it acknowledged is kept in `promised`, to be looked for in the journal.
"""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import httpx

from fleet_manager.domain.deliveries.goods import GOODS
from fleet_manager.domain.deliveries.lifecycle import ENDS
from fleet_manager.entry.first_run import OPERATOR, PORTER, read_secrets
from tests.live.hospital import LiveHospital, wait_until

#: Seconds of wall time until an answer must come, over as many restarts as it takes.
ANSWER_SECONDS = 600.0
SEE_OTHER, FORBIDDEN, BUSY = 303, 403, 503
ENDED = frozenset(state.value for state in ENDS)
#: Its compartment is open.
IN_HAND = ('loading', 'opened')


@dataclass(frozen=True)
class Promise:
    """Something the manager has acknowledged: it may never be gone again."""

    verb: str
    delivery: str
    key: str = ''


class Place(Protocol):
    """A hospital with pages: what people have to know of it."""

    @property
    def url(self) -> str: ...

    @property
    def state(self) -> Path: ...


@dataclass
class Ward:
    """Everybody in the hospital: one session for each station, and the operator's."""

    hospital: Place
    promised: list[Promise] = field(default_factory=list)
    _clients: dict[str, httpx.Client] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _given_up: threading.Event = field(default_factory=threading.Event)
    _keys: int = 0

    def __enter__(self) -> Ward:
        return self

    def __exit__(self, *error: object) -> None:
        for client in self._clients.values():
            client.close()

    def give_up(self) -> None:
        """Let everybody who waits for an answer go home: the test has failed."""
        self._given_up.set()

    # --- what people do -------------------------------------------------------------------------

    def ask(self, goods: str, sender: str, recipient: str, *, key: str = '') -> str:
        """Ask for a delivery, as its sender, and return its id: accepted once and for ever."""
        with self._lock:
            self._keys += 1
            key = key or f'key-{self._keys:06d}'
        answer = self._say(
            sender,
            '/api/v1/deliveries',
            json={'goods': goods, 'sender': sender, 'recipient': recipient},
            headers={'Idempotency-Key': key},
        )
        assert answer.status_code in (200, 201), answer.text
        delivery = str(answer.json()['id'])
        self.promised.append(Promise('ask', delivery, key))
        return delivery

    def open(self, delivery: str, station: str) -> bool:
        """Type the PIN at the robot; False when it is refused."""
        pin = self._secret(station)
        return self._act('open', delivery, station, data={'pin': pin})

    def sign(self, delivery: str, station: str, *, together: bool = False) -> bool:
        """Sign for the parcel, `together` with the porter; False when it is refused."""
        second = {'witness': PORTER, 'witness_pin': self._secret(PORTER)} if together else {}
        return self._act('sign', delivery, station, data=second)

    def cancel(self, delivery: str, station: str) -> bool:
        """Cancel; False when it is refused."""
        return self._act('cancel', delivery, station)

    def rate(self, delivery: str, station: str, stars: int) -> bool:
        """Rate; False when it is refused."""
        return self._act('rate', delivery, station, data={'stars': str(stars)})

    def command(self, path: str) -> httpx.Response:
        """Do something as operator: `robots/r1/pause`; type the password again where asked to."""
        answer = self._say(OPERATOR, f'/api/v1/{path}', json={})
        if answer.status_code == FORBIDDEN and answer.json()['error']['code'] == 'confirm_first':
            form = {'secret': self._secret(OPERATOR), 'next': ''}
            assert self._say(OPERATOR, '/confirm', data=form).status_code == SEE_OTHER
            answer = self._say(OPERATOR, f'/api/v1/{path}', json={})
        return answer

    def see(self) -> dict[str, dict[str, Any]]:
        """Return the whole picture, as the operator sees it."""
        answer = self._until_answered(lambda: self._client(OPERATOR).get('/api/v1/state'))
        return dict(answer.json()['entities'])

    def delivery(self, delivery: str) -> dict[str, Any]:
        """Return one delivery as the operator sees it."""
        return dict(self.see()['delivery'][delivery])

    def wait_for_robots(self, number: int) -> None:
        """Wait until so many robots were seen and may drive."""
        wait_until(
            lambda: self.see()['fleet']['fleet']['robots_available'] == number,
            seconds=30.0,
            what='every robot is there',
        )

    # --- work through what is there -------------------------------------------------------------

    def attend(self, deliveries: Iterable[str] | None = None) -> dict[str, Any]:
        """Do what is due now for these deliveries (None: all); return the picture before."""
        seen = self.see()
        mine = seen['delivery'].keys() if deliveries is None else deliveries
        handled = {
            d['robot'] for d in seen['delivery'].values() if d['opening'] or d['state'] in IN_HAND
        }
        for name in mine:
            self._attend(name, seen['delivery'].get(name), handled)
        return seen

    def serve(self, *deliveries: str, until: str = 'delivered', seconds: float = 120.0) -> None:
        """Load, open and sign until each of the deliveries has reached a state."""
        self.serve_until(
            lambda seen: all(until in seen['delivery'][name]['times'] for name in deliveries),
            *deliveries,
            what=f'{deliveries} {until}',
            seconds=seconds,
        )

    def serve_until(
        self,
        condition: Callable[[dict[str, Any]], Any],
        *deliveries: str,
        what: str,
        seconds: float = 60.0,
    ) -> dict[str, Any]:
        """Serve the deliveries until something is seen in the picture; return it."""
        deadline = time.monotonic() + seconds
        while True:
            seen = self.attend(deliveries)
            if condition(seen):
                return seen
            assert time.monotonic() < deadline, f'{what}: not in time\n{self.explain(seen)}'
            time.sleep(0.1)

    def explain(self, seen: dict[str, Any]) -> str:
        """Say what stands where, for a test that has waited too long."""
        return '\n'.join(
            [
                *(f'{n}: {d["state"]} {d["robot"]} {d["waiting"]}'
                  for n, d in seen['delivery'].items() if d['state'] not in ENDED),
                *(f'{n}: {r["state"]} at {r["node"]} to {r["goal"]} {r["waits_for"]}'
                  for n, r in seen['robot'].items()),
                *(f'{n}: {s}' for n, s in self._robot_states().items()),
                *(f'lift {n}: {lift}' for n, lift in seen['lift'].items()),
                f'alerts: {seen["alert"]}',
            ]
        )  # fmt: skip

    def _attend(self, name: str, delivery: dict[str, Any] | None, handled: set[str]) -> None:
        """Do what is due now for one of them; a robot opens one compartment after the other."""
        if delivery is None or delivery['state'] in ENDED:
            return
        state, sender, recipient = (delivery[f] for f in ('state', 'sender', 'recipient'))
        goal = sender if delivery['returning'] or state == 'awaiting_load' else recipient
        if state in ('awaiting_load', 'awaiting_receipt') and delivery['robot'] not in handled:
            if self.open(name, goal):
                handled.add(delivery['robot'])
        elif state == 'porter_asked':
            self._act('take', name, OPERATOR)
        elif state in ('taken', 'carried'):
            self.sign(name, goal, together=GOODS[delivery['goods']].two_signatures)

    def _robot_states(self) -> dict[str, Any]:
        return self.hospital.robot_states() if isinstance(self.hospital, LiveHospital) else {}

    # --- how they say it ------------------------------------------------------------------------

    def _act(self, verb: str, delivery: str, station: str, data: Any = None) -> bool:
        answer = self._say(station, f'/deliveries/{delivery}/{verb}', data=data or {})
        if answer.status_code != SEE_OTHER:
            assert answer.status_code >= 400, answer.text
            return False
        self.promised.append(Promise(verb, delivery))
        return True

    def _say(self, account: str, path: str, **content: Any) -> httpx.Response:
        def send() -> httpx.Response:
            client = self._client(account)
            headers = {'X-CSRF-Token': client.headers['X-CSRF-Token']}
            given = dict(content)
            headers |= given.pop('headers', {})
            if given.get('data') == {}:
                headers['Content-Type'] = 'application/x-www-form-urlencoded'
            return client.post(path, headers=headers, **given)

        return self._until_answered(send)

    def _until_answered(self, send: Callable[[], httpx.Response]) -> httpx.Response:
        """Repeat until somebody answers: a killed manager, or a busy one, is no answer."""
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            try:
                answer = send()
                if answer.status_code != BUSY:
                    assert answer.status_code < 500, f'{answer.url}: {answer.text[:500]}'
                    return answer
                why: object = 'busy'
            except httpx.TransportError as error:
                why = error
            assert not self._given_up.is_set(), f'nobody waits for an answer any more: {why}'
            assert time.monotonic() < deadline, f'no answer in {ANSWER_SECONDS:g} s: {why}'
            time.sleep(0.2)

    def _client(self, account: str) -> httpx.Client:
        with self._lock:
            if account not in self._clients:
                self._clients[account] = self._log_in(account)
            return self._clients[account]

    def _log_in(self, account: str) -> httpx.Client:
        client = httpx.Client(
            base_url=self.hospital.url, timeout=10.0, headers={'Origin': self.hospital.url}
        )
        secret = self._secret(account)
        form = {'kind': 'ward', 'station': account, 'pin': secret}
        if account == OPERATOR:
            form = {'kind': 'operator', 'name': account, 'password': secret}
        answer = client.post('/login', data=form)
        if answer.status_code == BUSY:
            raise httpx.TransportError('busy')
        assert answer.status_code == SEE_OTHER, answer.text
        client.headers['X-CSRF-Token'] = client.get('/api/v1/session').json()['csrf']
        return client

    def _secret(self, account: str) -> str:
        secret = read_secrets(self.hospital.state).get(account)
        if secret is None:
            raise httpx.TransportError('no manager has made the accounts yet')
        return secret


class Crowd:
    """Many people at once, in threads: some ask and cancel, some load, open, sign and rate.

    `open_at_most` deliveries are under way; each of `askers` asks or cancels `every` seconds.
    """

    def __init__(
        self,
        ward: Ward,
        chance: random.Random,
        *,
        askers: int = 3,
        every: float = 0.1,
        open_at_most: int = 20,
    ) -> None:
        self._ward, self._chance = ward, chance
        self._every, self._open_at_most = every, open_at_most
        assert isinstance(ward.hospital, LiveHospital)
        self._ways = _ways(ward.hospital)
        self._stop = threading.Event()
        self._mine: dict[str, str] = {}
        self._seen: dict[str, Any] = {}
        self._asked: list[tuple[str, str, tuple[str, str, str]]] = []
        self._keys = itertools.count(1)
        self.failures: list[BaseException] = []
        self._threads = [
            threading.Thread(target=self._work, args=(step,), daemon=True)
            for step in (*[self._ask] * askers, self._attend)
        ]

    def __enter__(self) -> Crowd:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if kind is not None:
            self._ward.give_up()
        self._go_home()

    def _go_home(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(ANSWER_SECONDS)

    def finish(self, *, seconds: float) -> None:
        """Calm: nobody asks any more, what is not loaded is cancelled, the rest is delivered."""
        self._go_home()
        assert not self.failures, self.failures
        deadline = time.monotonic() + seconds
        ward = self._ward
        while True:
            seen = ward.attend()['delivery']
            open_now = [item for item in seen.items() if item[1]['state'] not in ENDED]
            if not open_now:
                return
            for name, delivery in open_now:
                if delivery['may_cancel']:
                    ward.cancel(name, delivery['sender'])
            assert time.monotonic() < deadline, ward.explain(ward.see())
            time.sleep(0.2)

    def _work(self, step: Callable[[], None]) -> None:
        while not self._stop.wait(self._every):
            try:
                step()
            except BaseException as error:  # noqa: BLE001 - told by `finish`
                self.failures.append(error)
                return

    def _ask(self) -> None:
        """Ask, ask again with a key of before, or cancel."""
        what, choose = self._chance.random(), self._chance.choice
        if what < 0.15 and self._asked:
            self._ask_again(choose(self._asked))
        elif what < 0.5 and self._mine:
            name, sender = choose(self._likely_to_be_cancelled() or list(self._mine.items()))
            if self._mine.pop(name, None):
                self._ward.cancel(name, sender)
        elif len(self._mine) < self._open_at_most:
            way = choose(self._ways)
            key = f'crowd-{next(self._keys):06d}'
            delivery = self._ward.ask(*way, key=key)
            self._mine[delivery] = way[1]
            self._asked.append((key, delivery, way))

    def _likely_to_be_cancelled(self) -> list[tuple[str, str]]:
        """Return what no robot does next; now and then any, or no robot would ever load."""
        if self._chance.random() < 0.03:
            return []
        robots = self._seen.get('robot', {}).values()
        due = {robot['stops'][0]['delivery'] for robot in robots if robot['stops']}
        return [item for item in list(self._mine.items()) if item[0] not in due]

    def _ask_again(self, before: tuple[str, str, tuple[str, str, str]]) -> None:
        """A request of before, repeated, is the same delivery, whoever manages now."""
        key, delivery, way = before
        again = self._ward.ask(*way, key=key)
        assert again == delivery, f'{before} became {again}'

    def _attend(self) -> None:
        self._seen = self._ward.attend()
        for name, delivery in self._seen['delivery'].items():
            if delivery['state'] in ENDED:
                self._mine.pop(name, None)
            if delivery['state'] == 'delivered' and delivery['rating'] is None:
                self._ward.rate(name, delivery['recipient'], 5)


def _ways(hospital: LiveHospital) -> list[tuple[str, str, str]]:
    """Return every (goods, sender, recipient) there is."""
    stations = hospital.hospital.stations.values()
    return [
        (goods, sender.id, recipient.id)
        for sender in stations
        for goods in sender.sends
        for recipient in stations
        if goods in recipient.takes and recipient.id != sender.id
    ]
