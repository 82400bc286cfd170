"""Who is where when along a way, for the diagram on the operator's page."""

from __future__ import annotations

import hashlib
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from fleet_manager.adapters.http.answers import SpaceTime
from fleet_manager.adapters.http.bodies import BadBody, Body, Id, read_query
from fleet_manager.adapters.http.describe import described
from fleet_manager.adapters.http.feed import encode
from fleet_manager.adapters.http.site import SiteDep
from fleet_manager.application.space_time import (
    Axis,
    Traffic,
    axis_between,
    axis_of_lift,
    axis_of_robot,
    diagram,
)
from fleet_manager.domain.ids import LiftId, NodeId, RobotId

router = APIRouter(prefix='/api/v1/space-time')

#: The ways to say which places: one robot's route, one lift, or from one place to another.
_WAYS: Final = ({'robot'}, {'lift'}, {'start', 'end'})


class Along(Body):
    """Which places: `robot`, or `lift`, or `start` and `end`, two nodes."""

    robot: Id | None = None
    lift: Id | None = None
    start: Id | None = None
    end: Id | None = None


@router.get(
    '',
    **described(query=Along, answer=SpaceTime, also={304: 'As before.'}),
)
async def space_time(request: Request, site: SiteDep) -> Response:
    """Return ten minutes back and ten ahead along a way. 422 names what there is not."""
    along = read_query(request, Along)
    now = site.views.current().traffic
    if now is None:
        return site.pages.error(request.scope, 404, 'not_found')
    text = encode(diagram(now, _axis(now, along)))
    etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:16]}"'
    headers = {'etag': etag, 'cache-control': 'private, no-cache'}
    if request.headers.get('if-none-match') == etag:
        return Response(status_code=304, headers=headers)
    return Response(text, media_type='application/json', headers=headers)


def _axis(now: Traffic, along: Along) -> Axis:
    """Return the places asked for. Raises BadBody."""
    hospital, given = now.graph.hospital, along.model_dump(exclude_none=True)
    if set(given) not in _WAYS:
        ends = {'start', 'end'} - set(given)
        raise BadBody(ends.pop() if len(ends) == len(given) == 1 else 'fields')
    for field, known in (
        ('robot', hospital.robots),
        ('lift', hospital.lifts),
        ('start', hospital.nodes),
        ('end', hospital.nodes),
    ):
        if field in given and given[field] not in known:
            raise BadBody(field)
    if along.robot is not None:
        return axis_of_robot(now, RobotId(along.robot))
    if along.lift is not None:
        return axis_of_lift(now, LiftId(along.lift))
    axis = axis_between(now, NodeId(given['start']), NodeId(given['end']))
    if axis is None:
        raise BadBody('end')
    return axis
