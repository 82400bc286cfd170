"""The plugin's protocol spoken by hand: what it answers, what it refuses, and when it ends."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from robot_nodes.gazebo.classic import install, plugin
from robot_nodes.gazebo.classic.process import Server, free_ports
from robot_nodes.gazebo.engine import EngineError
from robot_nodes.gazebo.sdf import to_sdf
from tests.gazebo.hall import hall

pytestmark = pytest.mark.gazebo

WAIT_SECONDS = 30.0
WHEELS = 'W robot_r1 0.1 0.4 9'


class Running:
    """A server with the hall, and connections to it."""

    def __init__(self, folder: Path) -> None:
        try:
            gazebo = install.find()
            plugins = plugin.ready(gazebo)
        except EngineError as error:
            pytest.skip(f'classic: {error}')
        self.port, master = free_ports(2)
        world = folder / 'world.sdf'
        world.write_text(to_sdf(hall(), engine='classic', port=self.port), 'utf-8')
        environment = gazebo.environment(home=folder, plugins=plugins, master=master)
        command = [gazebo.server, '--verbose', '--seed', '1', world]
        self.server = Server(command, environment, folder / 'gazebo.log')
        self.server.start()
        self.until(lambda: f'{plugin.LISTENING} {self.port}' in self.server.wrote())

    def until(self, condition: object) -> None:
        assert callable(condition)
        deadline = time.monotonic() + WAIT_SECONDS
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.02)


class Client:
    """A connection that sends and reads lines."""

    def __init__(self, port: int, *, greet: bool = True) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                self.socket = socket.create_connection(('127.0.0.1', port), WAIT_SECONDS)
                break
            except ConnectionRefusedError:  # the server looks for a lost client now and then
                assert time.monotonic() < deadline
                time.sleep(0.02)
        self.lines = self.socket.makefile('r', encoding='ascii')
        if greet:
            assert self.ask('H 1') == 'H 1 0.01 hall'

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.lines.close()
        self.socket.close()

    def send(self, text: str) -> None:
        self.socket.sendall(f'{text}\n'.encode('ascii'))

    def read(self) -> str:
        return self.lines.readline().rstrip('\n')

    def ask(self, text: str) -> str:
        """Send a line and return the first one of the answer."""
        self.send(text)
        return self.read()

    def state(self, *commands: str) -> dict[str, list[str]]:
        """Return the words of each line of the state that follows, by its kind and name."""
        self.send('\n'.join(commands))
        found: dict[str, list[str]] = {}
        while (line := self.read()) != '.':
            assert line, 'the connection ended'
            words = line.split(' ')
            found[' '.join(words[:2]) if words[0] == 'P' else words[0]] = words
        return found


@pytest.fixture(scope='module')
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One server for all: a client that is lost makes room for the next."""
    one = Running(tmp_path_factory.mktemp('bridge'))
    yield one
    one.server.kill()


@pytest.fixture
def client(running: Running) -> Iterator[Client]:
    with Client(running.port) as one:
        yield one


@pytest.mark.parametrize(
    'line',
    [
        '',
        'Q',
        'D',
        'D robot_r1 1',
        'D robot_r1 1 0 0',
        'D robot_r1 fast 0',
        'D robot_r1 1 0x',
        'D robot_r1 1 ',
        'J lift_A car 1.0',
        'S',
        'S one',
        'S 1 1',
        's 1',
        'W robot_r1 0.1 0.4',
        'DD robot_r1 1 0',
    ],
)
def test_a_malformed_line_is_told_and_the_server_goes_on(client: Client, line: str) -> None:
    client.send(WHEELS)
    assert client.ask(line).startswith('E malformed ')
    assert client.ask('S 0').startswith('T ')


@pytest.mark.parametrize(
    ('line', 'code'),
    [
        ('D robot_r1 nan 0', 'number'),
        ('D robot_r1 0 inf', 'number'),
        ('D robot_r1 1e999 0', 'number'),
        ('J lift_A car nan 1', 'number'),
        ('J lift_A car 1 0', 'number'),
        ('J lift_A car 1 -1', 'number'),
        ('J lift_A car 99 1', 'number'),
        ('S -1', 'number'),
        ('S 1.5', 'number'),
        ('S 10000000', 'number'),
        ('W robot_r1 0 0.4 9', 'number'),
        ('D nobody 1 0', 'model'),
        ('W nobody 0.1 0.4 9', 'model'),
        ('J nobody x 1 1', 'model'),
        ('J lift_A nothing 1 1', 'joint'),
        ('J robot_r1 left_joint 1 1', 'joint'),
        ('W lift_A 0.1 0.4 9', 'joint'),
        ('H 2', 'version'),
    ],
)
def test_what_cannot_be_done_is_refused_and_nothing_moves(
    client: Client, line: str, code: str
) -> None:
    before = client.state(WHEELS, 'S 0')
    assert client.ask(line).startswith(f'E {code} ')
    after = client.state('S 20')
    for name in ('P robot_r1', 'P lift_A'):
        x, y, z = (float(word) for word in after[name][2:5])
        assert (x, y, z) == pytest.approx([float(word) for word in before[name][2:5]], abs=0.002)


def test_nothing_is_done_before_the_greeting(running: Running) -> None:
    with Client(running.port, greet=False) as client:
        assert client.ask('S 1').startswith('E version ')
        assert client.ask('H 2').startswith('E version ')
        assert client.ask('H 1') == 'H 1 0.01 hall'


def test_a_line_without_an_end_loses_its_client_alone(running: Running) -> None:
    with Client(running.port) as client:
        client.socket.sendall(b'D ' + b'x' * 5_000)
        assert client.read() == ''
    with Client(running.port) as client:
        assert client.ask('S 1').startswith('T ')


def test_a_second_client_is_refused_while_there_is_one(running: Running) -> None:
    with Client(running.port) as client:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(('127.0.0.1', running.port), WAIT_SECONDS)
        assert client.ask('S 1').startswith('T ')


def test_robots_and_sliders_stop_when_the_client_is_lost(running: Running) -> None:
    with Client(running.port) as client:
        client.state(WHEELS, 'D robot_r1 0.5 0', 'J p x 2 0.5', 'S 100')
        client.send('S 1000000')  # hours: nobody waits for them
    with Client(running.port) as client:
        stopping = client.state('S 100')
        standing = client.state('S 200')
    for name in ('P robot_r1', 'P p'):
        x, later = float(stopping[name][2]), float(standing[name][2])
        assert later == pytest.approx(x, abs=0.002)


def test_a_server_without_a_client_ends_itself(tmp_path: Path) -> None:
    alone = Running(tmp_path)
    try:
        with Client(alone.port) as client:
            assert client.ask('S 1').startswith('T ')
        alone.until(lambda: alone.server.exit_code() is not None)
        assert alone.server.exit_code() == 0
    finally:
        alone.server.kill()
