"""Porters are workers of the same dispatch: they carry what no robot may, or can in time."""

from __future__ import annotations

from typing import Final

from fleet_manager.domain.deliveries.goods import GOODS
from fleet_manager.domain.deliveries.ripe import ripe
from fleet_manager.domain.dispatch.offers import no_robot_can
from fleet_manager.domain.dispatch.predicates.may_carry import is_built_for
from fleet_manager.domain.messages import PorterAsked
from fleet_manager.domain.state import Delivery
from fleet_manager.domain.turn import Turn
from fleet_manager.domain.units import MINUTE

#: A person needs so long; a delivery is given to porters when no robot can and that is left.
PORTER_MS: Final = 15 * MINUTE


def ask_porters(turn: Turn) -> None:
    """Put what waits in vain for a robot on the porters' list."""

    def at(delivery: Delivery) -> int:
        is_built = _is_any_built_for(turn, delivery.goods)
        return delivery.promised_at - PORTER_MS if is_built else 0

    for delivery in ripe(turn.state, 'porters', turn.now, among=turn.state.waiting, at=at):
        reason = why_for_porters(turn, delivery)
        if reason is not None:
            turn.emit(PorterAsked(delivery.id, reason))


def why_for_porters(turn: Turn, delivery: Delivery) -> str | None:
    """Return why a person has to carry the delivery, as a code; None: a robot may."""
    if not _is_any_built_for(turn, delivery.goods):
        return 'no_robot_is_built_for_it'
    if turn.now + PORTER_MS < delivery.promised_at:
        return None
    return no_robot_can(turn, delivery)


def _is_any_built_for(turn: Turn, goods: str) -> bool:
    """Whether a robot of the fleet may ever carry the goods: asked once a map."""
    kept, hospital = turn.graph.kept, turn.hospital
    found = kept.get(f'built for {goods}')
    if found is None:
        found = kept[f'built for {goods}'] = any(
            is_built_for(hospital.types[spec.type], hospital.compartments(spec.id), GOODS[goods])
            for spec in hospital.robots.values()
        )
    return bool(found)
