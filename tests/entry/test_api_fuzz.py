"""Whatever a program sends: the API answers as its document says, and never with a bug."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from fleet_manager.adapters.http.openapi import document
from tests.entry.serving import Served

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
#: A few orders first, so that there is something to be asked about.
KNOWN: dict[str, list[Any]] = {
    'delivery': ['D000001', 'D000002'],
    'goods': ['drug'],
    'sender': ['pharmacy'],
    'raised': [False],
    'details': [{}],
    'quantity': [{'value': 2, 'unit': 'box'}],
    'occurrencePeriod': [{'start': '2026-09-01T08:00:00Z'}],
    'recipient': ['n2w', 'n3e'],
    'robot': ['r1', 'r2'],
    'lift': ['A'],
    'Idempotency-Key': [f'fuzz-key-{number}' for number in range(9)],
    'reference': ['', 'HIS-0', 'HIS-9'],
    'note': ['', 'with care', '<b>&"小心', 'x' * 200],
    'latest': [0],
    'identifier': [[{'value': 'HIS-0'}], [{'value': 'HIS-9'}]],
    'itemCodeableConcept': [{'coding': [{'code': 'drug'}]}],
    'deliverFrom': [{'reference': 'Location/pharmacy'}],
    'deliverTo': [{'reference': 'Location/n2w'}],
    'earliest': [0],
}
ORDER = {'goods': 'drug', 'sender': 'pharmacy', 'recipient': 'n2w'}


@pytest.mark.thorough
@pytest.mark.parametrize(
    ('calls', 'number'),
    [
        (300, 7),
        pytest.param(2_500, 20_260_901, marks=pytest.mark.slow),
    ],
)
@pytest.mark.timeout(900)
def test_every_call_is_answered_as_the_document_says(
    tmp_path: Path, calls: int, number: int
) -> None:
    with Served(tmp_path / 'state') as served:
        person = served.session()
        for index in range(3):
            order = ORDER | {'reference': f'HIS-{index}'}
            assert person.post('/api/v1/deliveries', json=order).status_code == 201
        with requests.Session() as session:
            session.headers.update(dict(person.headers))
            session.cookies.update(dict(person.cookies))
            answers = fuzz(served, session, calls=calls, number=number)
        assert sum(answers.values()) >= calls
        assert {status for status in answers if status >= 500} <= {503, 507}, answers
        assert answers[200] > 0
        assert answers[201] > 0 or calls < 1_000, 'nothing was ordered'
        assert served.died == []


def aimed(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document without a log-in, and with ids that exist where one is right.

    Wrong ones are sent all the same, where what is sent is to be wrong.
    """
    del document['components']['securitySchemes']
    for path in document['paths'].values():
        for operation in path.values():
            del operation['security']
            for parameter in operation.get('parameters', ()):
                parameter['schema'] = known(parameter['name'], parameter['schema'])
            for content in operation.get('requestBody', {}).get('content', {}).values():
                fields = content['schema'].get('properties', {})
                fields |= {name: known(name, rule) for name, rule in fields.items()}
    return document


def known(name: str, rule: Any) -> Any:
    return {'enum': KNOWN[name]} if name in KNOWN else rule


def fuzz(served: Served, session: requests.Session, *, calls: int, number: int) -> Counter[int]:
    """Send about so many calls, spread over the operations; return how often which status came."""
    schema = schemathesis.openapi.from_dict(aimed(document()))
    ways = [(found.ok(), mode) for found in schema.get_all_operations() for mode in MODES]
    answers: Counter[int] = Counter()

    def send(cases: Any, each: int, number: int) -> None:
        @seed(number)
        @settings(
            max_examples=each,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @given(case=cases)
        def one(case: Any) -> None:
            answer = case.call(base_url=served.url, session=session, timeout=30)
            answers[answer.status_code] += 1
            case.validate_response(answer, checks=CHECKS)

        one()

    while answers.total() < calls:
        each = -(-(calls - answers.total()) // len(ways))
        before = dict.fromkeys(ways, 0)
        for operation, mode in before:
            sent = answers.total()
            with suppress(Unsatisfiable):  # nothing of it can be wrong
                send(operation.as_strategy(generation_mode=mode), each, number)
            before[operation, mode] = answers.total() - sent
        ways = [way for way, sent in before.items() if sent > 1]
        number += 1
    print(json.dumps(dict(sorted(answers.items()))))
    return answers
