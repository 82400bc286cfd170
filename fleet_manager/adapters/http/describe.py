"""What a route reads and answers, said at its decorator.

@router.post('', **described(body=CloseBody, answer=Closed))
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel

JSON: Final = 'application/json'


def described(
    *,
    answer: type[BaseModel] | None = None,
    status: int = 200,
    also: Mapping[int, str | type[BaseModel]] | None = None,
    body: type[BaseModel] | None = None,
    body_needed: bool = True,
    query: type[BaseModel] | None = None,
    headers: Mapping[str, str] | None = None,
    parameters: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the arguments of a route decorator that say what it reads and answers.

    `also` are further statuses: a model where they have a body, else a sentence. `headers` are
    request headers and what they are for, `parameters` what a query may have that is no model.
    """
    responses: dict[int | str, dict[str, Any]] = {status: {'description': 'Done.'}}
    if answer is not None:
        responses[status]['model'] = answer
    for other, what in (also or {}).items():
        responses[other] = (
            {'description': what}
            if isinstance(what, str)
            else {'description': 'Done before.', 'model': what}
        )
    extra: dict[str, Any] = {}
    if body is not None:
        schema = inlined(body)
        extra['requestBody'] = {'required': body_needed, 'content': {JSON: {'schema': schema}}}
    rules = {} if query is None else inlined(query)['properties']
    said = [_query(name, rule, query) for name, rule in rules.items()]
    said += [
        {'name': name, 'in': 'query', 'schema': {'type': 'string'}, 'description': what}
        for name, what in (parameters or {}).items()
    ]
    said += [
        {'name': name, 'in': 'header', 'schema': {'type': 'string'}, 'description': what}
        for name, what in (headers or {}).items()
    ]
    if said:
        extra['parameters'] = said
    return {'status_code': status, 'responses': responses, 'openapi_extra': extra}


def inlined(model: type[BaseModel]) -> dict[str, Any]:
    """Return the schema of a model with nothing to look up elsewhere."""
    schema = model.model_json_schema()
    whole: dict[str, Any] = _without_refs(schema, schema.pop('$defs', {}))
    return whole


def _without_refs(schema: Any, known: Mapping[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_without_refs(one, known) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if '$ref' in schema:
        return _without_refs(known[schema['$ref'].rpartition('/')[2]], known)
    return {name: _without_refs(one, known) for name, one in schema.items()}


def _query(name: str, rule: dict[str, Any], query: type[BaseModel] | None) -> dict[str, Any]:
    needed = query is not None and query.model_fields[name].is_required()
    schema = {key: value for key, value in rule.items() if key not in ('title', 'description')}
    parameter = {'name': name, 'in': 'query', 'required': needed, 'schema': schema}
    return parameter | ({'description': rule['description']} if 'description' in rule else {})
