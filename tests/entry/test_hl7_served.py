"""A whole manager takes HL7 orders: on disk when acknowledged, and found over the other ways."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from fleet_manager.adapters.hl7.framing import Framer, framed
from tests.entry.serving import Served

ROOT = Path(__file__).resolve().parents[2]
CODES = ROOT / 'maps' / 'small_hospital' / 'integration.yaml'


def example() -> bytes:
    """Return the message that docs/integration.md shows."""
    text = (ROOT / 'docs' / 'integration.md').read_text('utf-8')
    lines = text[text.index('MSH|') :].partition('```')[0].strip().splitlines()
    return '\r'.join(lines).encode()


@pytest.mark.thorough
def test_the_message_of_the_document_is_a_delivery_that_fhir_finds(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    with Served(tmp_path / 'state', integration=CODES, hl7_port=port) as served:
        with socket.create_connection(('127.0.0.1', port), timeout=20) as engine:
            framer, answers = Framer(), list[bytes]()
            engine.sendall(framed(example()) * 2)
            while len(answers) < 2:
                answers += framer.feed(engine.recv(4096))
        assert [b'MSA|AA|C1' in answer for answer in answers] == [True, True]
        person = served.session()
        bundle = person.get('/fhir/Task', params={'identifier': 'HIS|9001'}).json()
        assert bundle['total'] == 1
        listed = person.get('/api/v1/deliveries', params={'reference': 'HIS|9001'}).json()
        (found,) = listed['deliveries']
        assert (found['delivery']['sender'], found['delivery']['recipient']) == ('pharmacy', 'n2w')
        assert found['delivery']['requested_by'] == 'hl7'
        assert served.died == []
