"""HL7 orders over a real connection: what is ordered, and how everything else is answered."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from functools import partial

import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_segments
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.adapters.files.integration import load_codes
from fleet_manager.adapters.hl7.framing import END, Framer, framed
from fleet_manager.adapters.hl7.server import Hl7Orders, Hl7Server, PortTaken
from fleet_manager.domain.messages import CancelDelivery, RequestDelivery
from fleet_manager.entry.settings import SHIPPED_MAPS
from tests.adapters.http.conftest import make_app
from tests.pages.stand_in import StandIn, StandInAccounts, StandInAudit, now

FOLDER = SHIPPED_MAPS / 'small_hospital'
HOSPITAL = load_hospital(FOLDER)
CODES = load_codes(FOLDER / 'integration.yaml', HOSPITAL)

ORM = (
    'MSH|^~\\&|HIS|PINEWOOD|FLEET||20260901080000||ORM^O01^ORM_O01|C1|P|2.5||||||UNICODE UTF-8\r'
    'PID|1||4711^^^HIS||EVERYMAN^ADAM\r'
    'PV1|1|I|2W^12^A\r'
    'ORC|NW|9001^HIS|||||^^^^^R\r'
    'RQD|1|MED^Heparin 5000|||2|BOX\r'
)
OMS = (
    'MSH|^~\\&|STORES|PINEWOOD|||20260901080000||OMS^O05^OMS_O05|C2|P|2.5.1\r'
    'ORC|NW|7^^1.2.3^ISO\rTQ1|1||||||||S\rRQD|1|MAT^Gloves|||3|BOX|||2E\r'
    'ORC|NW|8^^1.2.3^ISO\rRQD|1|LAB|||1||||n2w\r'
)


class Engine:
    """An interface engine: one connection."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(('127.0.0.1', port), timeout=20)
        self._framer = Framer()

    def send(self, message: str | bytes, *, charset: str = 'utf-8') -> list[str]:
        """Send a message; return the segments of its acknowledgement."""
        body = message.encode(charset) if isinstance(message, str) else message
        self.socket.sendall(framed(body))
        return self.hear()

    def hear(self) -> list[str]:
        while True:
            data = self.socket.recv(65_536)
            assert data, 'hung up'
            for answer in self._framer.feed(data):
                text = answer.decode()
                parse_segments(text, '2.5', validation_level=VALIDATION_LEVEL.TOLERANT)
                return text.strip('\r').split('\r')


@pytest.fixture
def fleet() -> StandIn:
    return StandIn(HOSPITAL)


@pytest.fixture
def audit() -> StandInAudit:
    return StandInAudit()


@pytest.fixture
def server(fleet: StandIn, audit: StandInAudit) -> Iterator[Hl7Server]:
    app = make_app(HOSPITAL, fleet, accounts=StandInAccounts(), audit=audit)
    submit = partial(app.state.site.submit, place='HL7')
    orders = Hl7Orders(
        codes=CODES, hospital=lambda: HOSPITAL, submit=submit, views=fleet, clock=now
    )
    made = Hl7Server(0, orders)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def engine(server: Hl7Server) -> Iterator[Engine]:
    made = Engine(server.bound)
    yield made
    made.socket.close()


def code(answer: list[str]) -> str:
    return answer[1].split('|')[1]


def err(answer: list[str]) -> tuple[str, str]:
    """Return where an error is, and HL7's code of it."""
    fields = answer[2].split('|')
    return fields[2], fields[3].split('^')[0]


def ordered(fleet: StandIn) -> list[RequestDelivery]:
    return [one for one in fleet.commands if isinstance(one, RequestDelivery)]


def test_orders_and_what_becomes_of_them_are_on_the_audit_list(
    engine: Engine, audit: StandInAudit
) -> None:
    engine.send(ORM)
    engine.send(ORM.replace('|2|BOX', '|5|BOX').replace('C1', 'C3'))
    lines = [(one.who, one.deed, one.outcome, one.place) for one in audit.kept]
    assert lines == [
        ('hl7', 'RequestDelivery', 'ok', 'HL7'),
        ('hl7', 'RequestDelivery', 'key_reused', 'HL7'),
    ]


def test_an_order_is_made_and_acknowledged(engine: Engine, fleet: StandIn) -> None:
    answer = engine.send(ORM)
    msh = answer[0].split('|')
    assert (msh[2:6], msh[8]) == (['FLEET', '', 'HIS', 'PINEWOOD'], 'ACK^O01^ACK')
    assert answer[1:] == ['MSA|AA|C1']
    (made,) = ordered(fleet)
    assert (made.goods, made.sender, made.recipient) == ('drug', 'pharmacy', 'n2w')
    assert (made.key, made.note, made.raised) == ('order:HIS|9001', '2 BOX Heparin 5000', False)
    assert 'EVERYMAN' not in str(fleet.commands)


def test_a_message_sent_twice_orders_once(engine: Engine, fleet: StandIn) -> None:
    assert [code(engine.send(ORM)) for _ in range(3)] == ['AA'] * 3
    assert len(fleet._deliveries) == 1


def test_a_requisition_has_several_orders_each_in_its_direction(
    engine: Engine, fleet: StandIn
) -> None:
    assert code(engine.send(OMS)) == 'AA'
    gloves, tubes = ordered(fleet)
    assert (gloves.sender, gloves.recipient, gloves.raised) == ('stores', 'n2e', True)
    assert (tubes.sender, tubes.recipient) == ('n2w', 'lab')
    assert gloves.key == 'order:urn:oid:1.2.3|7'


def test_one_wrong_order_is_named_and_the_others_are_made(engine: Engine, fleet: StandIn) -> None:
    answer = engine.send(OMS.replace('RQD|1|LAB', 'RQD|1|GOLD'))
    assert (code(answer), err(answer)) == ('AE', ('RQD^1^2', '103'))
    assert len(ordered(fleet)) == 1
    assert code(engine.send(OMS)) == 'AA'
    assert len(fleet._deliveries) == 2


def test_an_order_is_taken_back_by_its_number(engine: Engine, fleet: StandIn) -> None:
    back = ORM.replace('ORC|NW', 'ORC|CA')
    assert err(engine.send(back)) == ('ORC^1^2', '103')
    engine.send(ORM)
    assert code(engine.send(back)) == 'AA'
    assert isinstance(fleet.commands[-1], CancelDelivery)
    assert [one['state'] for one in fleet._deliveries.values()] == ['cancelled']


@pytest.mark.parametrize(
    ('old', 'new', 'said'),
    [
        ('ORM^O01^ORM_O01', 'ADT^A01', ('AR', 'MSH^1^9', '200')),
        ('|C1|', '||', ('AR', 'MSH^1^10', '101')),
        ('|2.5|', '|3.0|', ('AR', 'MSH^1^12', '203')),
        ('UNICODE UTF-8', 'EBCDIC', ('AR', 'MSH^1^18', '103')),
        ('ORC|', 'ZRC|', ('AR', 'ORC^1', '101')),
        ('ORC|NW', 'ORC|XX', ('AE', 'ORC^1^1', '103')),
        ('9001^HIS', '', ('AE', 'ORC^1^2', '101')),
        ('9001^HIS', 'x' * 200, ('AE', 'ORC^1^2', '103')),
        ('MED^', 'GOLD^', ('AE', 'RQD^1^2', '103')),
        ('MED^Heparin 5000', '', ('AE', 'RQD^1^2', '101')),
        ('2W^12^A', '<script>', ('AE', 'RQD^1^9', '103')),
        ('2W^12^A', '', ('AE', 'RQD^1^9', '101')),
        ('^^^^^R', '^^^^^Q', ('AE', 'TQ1^1^9', '103')),
    ],
)
def test_what_is_wrong_is_named_by_segment_and_field(
    engine: Engine, fleet: StandIn, old: str, new: str, said: tuple[str, str, str]
) -> None:
    assert old in ORM
    answer = engine.send(ORM.replace(old, new, 1))
    assert (code(answer), *err(answer)) == said
    assert ordered(fleet) == []
    assert code(engine.send(ORM)) == 'AA'


def test_the_same_number_for_something_else_is_a_duplicate(engine: Engine) -> None:
    engine.send(ORM)
    answer = engine.send(ORM.replace('Heparin', 'Insulin'))
    assert (code(answer), err(answer)) == ('AE', ('ORC^1^2', '205'))


def test_the_text_is_read_as_the_message_says(engine: Engine, fleet: StandIn) -> None:
    chinese = ORM.replace('Heparin 5000', '肝素 \\T\\ 盐水')
    told = chinese.replace('UNICODE UTF-8', 'GB 18030-2000')
    assert code(engine.send(told, charset='gb18030')) == 'AA'
    assert ordered(fleet)[0].note == '2 BOX 肝素 & 盐水'
    wrong = engine.send(chinese, charset='gb18030')
    assert (code(wrong), err(wrong)) == ('AR', ('MSH^1^18', '102'))


def test_a_busy_manager_says_try_again(engine: Engine, fleet: StandIn) -> None:
    fleet.full = True
    answer = engine.send(ORM)
    assert (code(answer), err(answer)) == ('AR', ('MSH^1^10', '207'))
    fleet.full = False
    assert code(engine.send(ORM)) == 'AA'


def test_a_port_that_is_taken_is_told_at_the_start(server: Hl7Server) -> None:
    with pytest.raises(PortTaken, match=f'port {server.bound}.*FLEET_HL7_PORT'):
        Hl7Server(server.bound, server._orders).start()


def test_ten_megabytes_end_one_connection_and_no_other(server: Hl7Server, engine: Engine) -> None:
    hostile = Engine(server.bound)
    with pytest.raises((ConnectionError, AssertionError)):
        hostile.send(b'x' * (10 * 1024 * 1024))
    hostile.socket.close()
    assert code(engine.send(ORM)) == 'AA'


def test_a_connection_cut_in_the_middle_orders_nothing(server: Hl7Server, fleet: StandIn) -> None:
    half = Engine(server.bound)
    half.socket.sendall(framed(ORM.encode())[:-40])
    half.socket.close()
    again = Engine(server.bound)
    assert code(again.send(ORM)) == 'AA'
    again.socket.close()
    assert len(ordered(fleet)) == 1


SIGNS = ['MSH|^~\\&|', 'ORC|', 'NW', 'RQD|1|', 'OBR|', 'TQ1|', '|', '||||', '^', '~', '&', '\\']
PIECES = st.lists(st.sampled_from([*SIGNS, '\r']) | st.text(max_size=6), max_size=30)
TORN = PIECES.map(lambda pieces: (ORM[:90] + ''.join(pieces)).encode('utf-8', 'replace'))


@pytest.mark.thorough
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200) | TORN)
@example(b'')
@example(b'MSH')
@example(ORM.replace('\r', '\n').encode())
@example((ORM + 'ORC|NW|1\r' * 500).encode())
@example(('MSH|^~\\&|' + '|' * 60_000).encode())
def test_whatever_comes_is_answered_and_nothing_breaks(engine: Engine, message: bytes) -> None:
    message = message.replace(END, b'').replace(b'\x0b', b'').rstrip(b'\x1c')
    assert code(engine.send(message)) in ('AA', 'AE', 'AR')
