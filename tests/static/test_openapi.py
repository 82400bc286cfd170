"""docs/openapi.json is what the program says of itself, and says enough to write a client."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fleet_manager.adapters.http.access import ACCESS
from fleet_manager.adapters.http.openapi import PREFIXES, as_text, document

KEPT = Path(__file__).resolve().parents[2] / 'docs' / 'openapi.json'
OPERATIONS = {
    f'{method.upper()} {path}': operation
    for path, methods in document()['paths'].items()
    for method, operation in methods.items()
}


def test_the_kept_document_is_the_one_of_this_program() -> None:
    hint = 'write it anew: fleet openapi > docs/openapi.json'
    assert KEPT.read_text('utf-8') == as_text(), hint


def test_every_route_of_the_api_is_in_it() -> None:
    wanted = {
        route
        for route in ACCESS
        if route.partition(' ')[2].startswith(PREFIXES) and not route.startswith('WS ')
    }
    assert set(OPERATIONS) == wanted


def test_no_two_operations_share_an_id() -> None:
    ids = [operation['operationId'] for operation in OPERATIONS.values()]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize('name', sorted(OPERATIONS))
def test_an_operation_says_what_it_reads_and_answers(name: str) -> None:
    operation = OPERATIONS[name]
    assert operation['summary'].endswith('.')
    assert operation['security']
    for status in ('401', '403', '404', '422', '503'):
        assert 'schema' in first(operation['responses'][status]['content']), status
    done = [answer for status, answer in operation['responses'].items() if status < '300']
    assert done, 'decorate the route with **described(answer=…)'
    assert all(first(answer['content'])['schema'] for answer in done)
    if name.startswith('POST'):
        hint = 'decorate the route with **described(body=…)'
        assert 'requestBody' in operation, hint


def first(content: dict[str, Any]) -> dict[str, Any]:
    """Return what is said of the first media type."""
    return next(iter(content.values()))  # type: ignore[no-any-return]
