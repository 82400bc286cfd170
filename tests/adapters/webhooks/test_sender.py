"""Events go where they are meant to go and nowhere else, and a receiver cannot hold us up."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from fleet_manager.adapters.webhooks import sender as module
from fleet_manager.adapters.webhooks.sender import Sender, check_url
from fleet_manager.application.webhooks import WrongWebhook

LOOPBACK = ipaddress.ip_network('127.0.0.0/8')


@pytest.mark.parametrize(
    ('url', 'code'),
    [
        ('', 'webhook_address'),
        ('https://', 'webhook_address'),
        ('https://a b/', 'webhook_address'),
        ('https://user:pw@his.example/', 'webhook_address'),
        ('https://his.example/#x', 'webhook_address'),
        ('https://his.example:99999/', 'webhook_address'),
        ('https://[::1', 'webhook_address'),
        ('https://医院.example/', 'webhook_address'),
        ('https://his.example/\r\nhost: x', 'webhook_address'),
        ('https://his.example/' + 'x' * 500, 'webhook_address'),
        ('http://his.example/', 'webhook_https'),
        ('ftp://his.example/', 'webhook_https'),
        ('file:///etc/passwd', 'webhook_address'),
        ('https://127.0.0.1/', 'webhook_inside'),
        ('https://10.1.2.3/', 'webhook_inside'),
        ('https://169.254.169.254/latest/meta-data', 'webhook_inside'),
        ('https://100.64.0.1/', 'webhook_inside'),
        ('https://0.0.0.0/', 'webhook_inside'),
        ('https://224.0.0.1/', 'webhook_inside'),
        ('https://[::1]/', 'webhook_inside'),
        ('https://[::ffff:10.0.0.1]/', 'webhook_inside'),
        ('https://[fd00::1]/', 'webhook_inside'),
        ('https://[2002:7f00:1::]/', 'webhook_inside'),
    ],
)
def test_an_address_that_may_not_be_is_refused_when_it_is_typed(url: str, code: str) -> None:
    with pytest.raises(WrongWebhook) as wrong:
        check_url(url)
    assert wrong.value.code == code
    assert Sender().post(url, {}, b'{}')[0] == 0


def test_a_network_inside_may_be_allowed_also_without_tls() -> None:
    check_url('http://127.0.0.1:9/', (LOOPBACK,))
    check_url('https://his.example/')
    with pytest.raises(WrongWebhook):
        check_url('http://10.0.0.1/', (LOOPBACK,))


@pytest.mark.parametrize('address', ['10.0.0.1', '127.0.0.1', '::1', '169.254.169.254'])
def test_a_name_that_leads_inside_is_not_connected_to(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    found = [(0, socket.SOCK_STREAM, 0, '', ('8.8.8.8', 443)), (0, 0, 0, '', (address, 443))]
    monkeypatch.setattr(module.socket, 'getaddrinfo', lambda *_, **__: found)
    monkeypatch.setattr(module.httpcore.SyncBackend, 'connect_tcp', forbidden)
    assert Sender().post('https://his.example/', {}, b'{}') == (0, 'webhook_inside')


def forbidden(*_: object, **__: object) -> None:
    raise AssertionError('connected')


def test_what_was_checked_is_what_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that means something else the second time it is asked leads nowhere else."""
    answers = iter(['93.184.216.34', '127.0.0.1'])
    connected: list[str] = []

    def lookup(*_: object, **__: object) -> list[object]:
        return [(0, socket.SOCK_STREAM, 0, '', (next(answers), 443))]

    def connect(_: object, host: str, *__: object) -> None:
        connected.append(host)
        raise OSError('far away')

    monkeypatch.setattr(module.socket, 'getaddrinfo', lookup)
    monkeypatch.setattr(module.httpcore.SyncBackend, 'connect_tcp', connect)
    assert Sender().post('https://his.example/', {}, b'{}') == (0, 'no_connection')
    assert connected == ['93.184.216.34']


def test_an_unknown_name_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def lookup(*_: object, **__: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(module.socket, 'getaddrinfo', lookup)
    assert Sender().post('https://nowhere.example/', {}, b'{}') == (0, 'unknown_host')


Answer = Callable[[socket.socket], None]


@pytest.fixture
def receiver() -> Iterator[Callable[[Answer], str]]:
    """Return what starts a receiver of one request; it answers as it is told."""
    opened: list[socket.socket] = []

    def start(answer: Answer) -> str:
        listening = socket.create_server(('127.0.0.1', 0))
        opened.append(listening)

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65_536)
                try:
                    answer(connection)
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        return f'http://127.0.0.1:{listening.getsockname()[1]}/fleet'

    yield start
    for one in opened:
        one.close()


def says(text: bytes) -> Answer:
    return lambda connection: connection.sendall(text)


@pytest.mark.parametrize(
    ('text', 'told'),
    [
        (b'HTTP/1.1 204 No Content\r\n\r\n', (204, '')),
        (
            b'HTTP/1.1 302 Found\r\nlocation: http://10.0.0.1/\r\ncontent-length: 0\r\n\r\n',
            (302, ''),
        ),
        (b'HTTP/1.1 200 OK\r\n\r\n' + b'x' * 200_000, (200, '')),
        (b'\x00\xff nonsense', (0, 'no_connection')),
        (b'', (0, 'no_connection')),
    ],
)
def test_whatever_a_receiver_says_it_is_one_status_or_a_reason(
    receiver: Callable[[Answer], str], text: bytes, told: tuple[int, str]
) -> None:
    assert Sender([LOOPBACK]).post(receiver(says(text)), {'a': 'b'}, b'{}') == told


def test_a_receiver_that_never_answers_is_given_up(
    receiver: Callable[[Answer], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(module.TIMEOUTS, 'read', 0.2)
    silent = threading.Event()
    url = receiver(lambda connection: (silent.wait(20), None)[1])
    assert Sender([LOOPBACK]).post(url, {}, b'{}') == (0, 'no_answer')
    silent.set()
