"""The queue of each resource: who may be on it, in which order. Claim, allocate, free.

1. A planned leg puts claims into the queues, each at the place its planned time gives it.
2. A hop may be released when every claim it takes stands at the head of its queue.
3. The robot holds what its released hops took, and keeps the place it stands on.
4. When a hop is done, what it frees leaves the queues, and the next in line may go.

The order in the queues is the dependency graph: as long as planned times are disjoint on every
resource it has no cycle, so under any finite delay some robot can always move (design 20, P1).

A zone that c robots may be in at once is a resource of capacity c: a claim is at the head when
fewer than c earlier claims of its queue are still there. P1 with c slots: at no planned time are
there more than c claims. Take the hop not done whose planned start is earliest. What was planned
to be freed by then was freed by hops that started before, so it is free; fewer than c earlier
claims overlap that start, so the hop may go. And of the claims that have started, the last one in
line saw fewer than c before it, which only become fewer: never are there more than c.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from fleet_manager.domain.errors import InvariantBroken
from fleet_manager.domain.ids import ResourceId, RobotId, capacity
from fleet_manager.domain.messages import Hop
from fleet_manager.domain.state import Claim

Queues = dict[ResourceId, list[Claim]]


def place_body(queues: Queues, robot: RobotId, *resources: ResourceId) -> None:
    """Put a robot that was seen for the first time onto `resources`, for ever, while all are free.

    Raises InvariantBroken when others have one of them.
    """
    for resource in resources:
        if not is_free(queues, resource):
            raise InvariantBroken(
                f'{robot} stands on {resource}, which {queues[resource][0].robot} has'
            )
        queues.setdefault(resource, []).append(Claim(robot, taken_by=0))


def is_free(queues: Mapping[ResourceId, Sequence[Claim]], resource: ResourceId) -> bool:
    """Whether one more robot may have `resource` for ever: so few have it or come to it."""
    return len(queues.get(resource, ())) < capacity(resource)


def insert(queues: Queues, robot: RobotId, hops: Sequence[Hop]) -> None:
    """Put the claims of planned hops into the queues, each at its place."""
    for hop in hops:
        for resource, place in zip(hop.claims, hop.places, strict=True):
            queue = queues.setdefault(resource, [])
            if place > len(queue):
                raise InvariantBroken(f'place {place} in the queue of {resource}')
            queue.insert(place, Claim(robot, taken_by=hop.sequence))
        for resource in hop.frees:
            _open_claim(queues, robot, resource).freed_by = hop.sequence


def remove_after(queues: Queues, robot: RobotId, *, frozen: int) -> None:
    """Take back the claims of hops after `frozen`; what was to be freed by them is kept again."""
    for resource in [r for r, queue in queues.items() if any(c.robot == robot for c in queue)]:
        kept = [c for c in queues[resource] if c.robot != robot or c.taken_by <= frozen]
        for claim in kept:
            if claim.robot == robot and claim.freed_by > frozen:
                claim.freed_by = 0
        _store(queues, resource, kept)


def free(queues: Queues, robot: RobotId, *, done: Hop) -> None:
    """Release what the robot has left. Freeing early lets another robot drive into it.

    Raises InvariantBroken when the robot does not hold it.
    """
    for resource in done.frees:
        queue = queues.get(resource, [])
        for place, claim in enumerate(queue[: capacity(resource)]):
            if claim.robot == robot and claim.freed_by == done.sequence:
                _store(queues, resource, queue[:place] + queue[place + 1 :])
                break
        else:
            raise InvariantBroken(f'{robot} frees {resource}, which it does not hold')


def is_head(queues: Mapping[ResourceId, Sequence[Claim]], robot: RobotId, hop: Hop) -> bool:
    """Whether every claim of `hop` stands at the head of its queue."""
    return blocker(queues, robot, hop) is None


def blocker(
    queues: Mapping[ResourceId, Sequence[Claim]], robot: RobotId, hop: Hop
) -> tuple[RobotId, ResourceId] | None:
    """Return who goes first on which claim of `hop`, or None when the robot is next on all."""
    for resource in hop.claims:
        queue = queues[resource]
        head = queue[0]
        if head.robot != robot or head.taken_by != hop.sequence:
            if _is_let_in(queue, capacity(resource), robot, hop.sequence):
                continue
            return head.robot, resource
    return None


def _is_let_in(queue: Sequence[Claim], slots: int, robot: RobotId, sequence: int) -> bool:
    """Whether fewer than `slots` claims stand before that of the robot, none of them its own."""
    mine = next((claim for claim in queue[:slots] if claim.robot == robot), None)
    return mine is not None and mine.taken_by == sequence


def holder(queues: Mapping[ResourceId, Sequence[Claim]], resource: ResourceId) -> RobotId | None:
    """Return whose turn it is on `resource`."""
    queue = queues.get(resource)
    return queue[0].robot if queue else None


def kept_by(
    queues: Mapping[ResourceId, Sequence[Claim]],
    resources: Iterable[ResourceId],
    *,
    but: RobotId,
) -> RobotId | None:
    """Return another robot that stands, or comes to stay, on one of `resources` for ever."""
    for resource in resources:
        for claim in queues.get(resource, ()):
            if claim.robot != but and claim.freed_by == 0:
                return claim.robot
    return None


def kept_at_end(
    queues: Mapping[ResourceId, Sequence[Claim]], robot: RobotId, *, frozen: int
) -> tuple[ResourceId, ...]:
    """Return what the robot still holds once hop `frozen` is done: the place it stands on then."""
    return tuple(
        sorted(
            resource
            for resource, queue in queues.items()
            for claim in queue
            if claim.robot == robot
            and claim.taken_by <= frozen
            and not 0 < claim.freed_by <= frozen
        )
    )


def _open_claim(queues: Queues, robot: RobotId, resource: ResourceId) -> Claim:
    for claim in queues.get(resource, ()):
        if claim.robot == robot and claim.freed_by == 0:
            return claim
    raise InvariantBroken(f'{robot} would free {resource}, which it never claims')


def _store(queues: Queues, resource: ResourceId, queue: list[Claim]) -> None:
    if queue:
        queues[resource] = queue
    else:
        queues.pop(resource, None)
