"""The API's OpenAPI document, made from the routes themselves.

What a route reads and answers stands at its decorator (`describe.described`). Here is added what
all have: the summary from the docstring, the errors of the gate, who may use it, how to log in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from fleet_manager import __version__
from fleet_manager.adapters.http.access import ACCESS, Open
from fleet_manager.adapters.http.answers import Problem
from fleet_manager.adapters.http.app import ROUTED
from fleet_manager.adapters.http.describe import JSON
from fleet_manager.adapters.http.fhir.resources import MEDIA, TYPES
from fleet_manager.domain.ids import MAX_ID_LENGTH
from fleet_manager.domain.messages import Role
from fleet_manager.domain.rights import RIGHTS

PREFIXES: Final = ('/api/v1/', '/fhir/')

#: What the gate and every route may answer instead of a success.
ERRORS: Final[Mapping[int, str]] = {
    401: 'Nobody is logged in.',
    403: 'Not for this role, not from one of our addresses, or without the form token.',
    404: 'There is no such thing, or not for you.',
    405: 'Not with this method.',
    409: 'Understood, but not now: things stand otherwise.',
    422: 'The request is wrong: `field` names the field, or `code` the rule.',
    429: 'Too many at once: come back later.',
    500: 'A bug of ours. Nothing was promised.',
    503: 'Not answered in time: say it again with the same key, `Retry-After` says when.',
}
#: Only where a body is read.
BODY_ERRORS: Final[Mapping[int, str]] = {
    408: 'The body came too slowly.',
    413: 'The body is too large.',
    415: 'The body is no JSON.',
}
_ID: Final = {'type': 'string', 'minLength': 1, 'maxLength': MAX_ID_LENGTH}
_INTRODUCTION: Final = (
    'Ask for deliveries and follow them, watch the fleet, close places, change the map. '
    'docs/api.md has examples. Times are UTC milliseconds, lengths metres.'
)


def as_text() -> str:
    """Return the document as docs/openapi.json has it."""
    return json.dumps(document(), indent=1, sort_keys=True, ensure_ascii=False) + '\n'


def document() -> dict[str, Any]:
    """Return the OpenAPI document of the API."""
    routes = [
        route
        for module in ROUTED
        for route in module.router.routes
        if isinstance(route, APIRoute) and route.path.startswith(PREFIXES)
    ]
    made = get_openapi(
        title='Hospital Fleet', version=__version__, description=_INTRODUCTION, routes=routes
    )
    for route in routes:
        for method in route.methods or ():
            _complete(made['paths'][route.path][method.lower()], route, method)
    schemas = made['components']['schemas']
    for name in ('HTTPValidationError', 'ValidationError'):
        schemas.pop(name, None)
    whole = Problem.model_json_schema(ref_template='#/components/schemas/{model}')
    schemas |= whole.pop('$defs') | {'Problem': whole}
    made['components']['securitySchemes'] = {
        'session': {
            'type': 'apiKey',
            'in': 'cookie',
            'name': 'session',
            'description': 'The cookie of a log-in; over TLS it is called `__Host-session`. '
            'Changing requests also carry `Origin` and `X-CSRF-Token`, see `GET /session`.',
        },
        'key': {
            'type': 'http',
            'scheme': 'bearer',
            'description': 'A key of a program, made by the administrator. Needs nothing else.',
        },
    }
    return made


def _complete(operation: dict[str, Any], route: APIRoute, method: str) -> None:
    """Add to one operation what all have."""
    module = route.endpoint.__module__.rpartition('.')[2]
    summary, _, more = (route.endpoint.__doc__ or '').strip().partition('\n\n')
    fhir = route.path.startswith('/fhir/')
    right = ACCESS[f'{method} {route.path}']
    who = () if isinstance(right, Open) else RIGHTS[right].roles
    roles = f'For: {", ".join(sorted(one.value for one in who))}.'
    operation |= {
        'operationId': f'{module}_{route.name}',
        'summary': ' '.join(summary.split()),
        'description': ' '.join([*more.split(), roles]).strip(),
        'tags': ['fhir' if fhir else route.path.split('/')[3]],
        'security': [{'session': []}] + [{'key': []}] * (Role.INTEGRATION in who),
    }
    for parameter in operation.get('parameters', ()):
        if parameter['in'] == 'path':
            parameter['schema'] = {'enum': list(TYPES)} if parameter['name'] == 'kind' else _ID
    errors = dict(ERRORS)
    if 'requestBody' in operation:
        errors |= BODY_ERRORS
    name = 'Resource' if fhir else 'Problem'
    problem = {JSON: {'schema': {'$ref': f'#/components/schemas/{name}'}}}
    for status, what in errors.items():
        known = operation['responses'].get(str(status), {})
        if 'HTTPValidationError' in str(known) or not known:
            operation['responses'][str(status)] = {'description': what, 'content': problem}
    if fhir:
        _speak_fhir(operation)


def _speak_fhir(operation: dict[str, Any]) -> None:
    """Say that what is answered, and may be sent, is FHIR's JSON."""
    for answer in operation['responses'].values():
        if JSON in answer.get('content', {}):
            answer['content'] = {MEDIA: answer['content'][JSON]}
    if 'requestBody' in operation:
        content = operation['requestBody']['content']
        content[MEDIA] = content[JSON]
