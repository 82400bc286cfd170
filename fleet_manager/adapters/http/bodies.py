"""Bodies of requests, strictly: no unknown field, NaN, control character or field twice."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Annotated, Any, Final, NoReturn, TypeVar
from urllib.parse import parse_qsl

from fastapi import Request
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from fleet_manager.adapters.http.access import is_id
from fleet_manager.application.outside_orders import MAX_ORDER

#: No form of ours has more fields.
MAX_FIELDS: Final = 16
#: The end of the year 9999: no clock shows more.
LATEST: Final = 253_402_300_799_999


#: Joiners, and marks of direction that change nothing but themselves: no override is among them.
JOINERS: Final = '\u200c\u200d\u200e\u200f'


class BadBody(Exception):
    """The body cannot be what a page of ours sends. `problem` names the field, never its value."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def _id(value: str) -> str:
    if not is_id(value):
        raise ValueError('not an id')
    return value


def no_control(value: str) -> str:
    """Refuse control characters: they have no business in a line of text.

    Those that make one sign of several emoji, or belong to right-to-left writing, are text.
    """
    if any(unicodedata.category(sign)[0] == 'C' and sign not in JOINERS for sign in value):
        raise ValueError('control characters')
    return value


Id = Annotated[str, AfterValidator(_id)]
#: An idempotency key: made by the page or by a program, once for each thing it wants.
_KEY: Final = r'^[A-Za-z0-9_\-]{8,64}$'
Key = Annotated[str, StringConstraints(pattern=_KEY)]
Note = Annotated[str, StringConstraints(max_length=200), AfterValidator(no_control)]
Detail = Annotated[str, StringConstraints(max_length=1_000), AfterValidator(no_control)]
#: The number of an order in the system that asks; empty where it has none.
OrderNumber = Annotated[
    str,
    StringConstraints(max_length=MAX_ORDER, pattern=r'^(\S(.*\S)?)?$'),
    AfterValidator(no_control),
]
#: A box: a form sends `yes` when it is ticked, and nothing when it is not.
Ticked = Annotated[bool, BeforeValidator(lambda value: value == 'yes' or value)]
#: A name, a station or a secret that may be left out.
Word = Annotated[str, StringConstraints(max_length=200), AfterValidator(no_control)]


def _number(value: object) -> object:
    """Read what a form sends as a number; blank is 0."""
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() else (value or 0)
    return value


#: How many pieces somebody counted; 0 for nobody did.
Pieces = Annotated[int, BeforeValidator(_number), Field(ge=0, le=9_999)]
#: A moment in UTC milliseconds; 0 where none is asked for.
Moment = Annotated[int, Field(ge=0, le=LATEST)]
#: Fields some goods have, see `domain.deliveries.details`.
Details = Annotated[
    dict[Annotated[str, StringConstraints(max_length=40)], Detail], Field(max_length=12)
]
#: A PIN or password; its content is nobody's business but the hash's.
Secret = Annotated[str, StringConstraints(min_length=1, max_length=200)]


def is_key(value: str) -> bool:
    """Whether `value` may be an idempotency key."""
    return re.fullmatch(_KEY, value) is not None


class Body(BaseModel):
    """Base of every body: exact types, no field we do not know."""

    model_config = ConfigDict(extra='forbid', strict=True, frozen=True, allow_inf_nan=False)


M = TypeVar('M', bound=Body)


async def read_json(request: Request, model: type[M]) -> M:
    """Read a JSON object. Raises BadBody."""
    body = await request.body()
    if not request.headers.get('content-type', '').lower().startswith('application/json'):
        raise BadBody('content-type')
    return _validated(model, strict_json(body))


def strict_json(body: bytes) -> Any:
    """Return what a body says: no NaN, no field twice. Raises BadBody."""
    try:
        return json.loads(
            body, parse_constant=_refuse_constant, object_pairs_hook=_without_doubles
        )
    except (ValueError, RecursionError):
        raise BadBody('json') from None


async def read_form(request: Request, model: type[M]) -> M:
    """Read a form of ours; its token was checked by the gate. Raises BadBody."""
    body = await request.body()
    try:
        pairs = parse_qsl(
            body.decode('ascii'),
            keep_blank_values=True,
            encoding='utf-8',
            errors='strict',
            max_num_fields=MAX_FIELDS,
        )
        data = _without_doubles(pairs)
    except ValueError:
        raise BadBody('form') from None
    data.pop('csrf', None)
    return _validated(model, data)


def read_query(request: Request, model: type[M]) -> M:
    """Read what stands behind the `?` of an address. Raises BadBody."""
    try:
        data = _without_doubles(request.query_params.multi_items())
    except ValueError:
        raise BadBody('fields') from None
    return _validated(model, data)


def _validated(model: type[M], data: object) -> M:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        places = (str(one['loc'][0]) for one in error.errors() if one['loc'])
        known = [place for place in places if place in model.model_fields]
        raise BadBody(known[0] if known else 'fields') from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise ValueError('a field twice')
    return data
