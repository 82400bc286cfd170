"""What can go wrong, in two kinds.

A `Refusal` is a value: the message was understood and the answer is no, with a code a page
translates and the figures a person needs. An exception is a bug or a broken input file:

    FleetError
    ├── MapError          a hospital file is wrong: place, field, what to do
    ├── JournalError      the journal cannot be read back
    └── InvariantBroken   the core found itself in a state that must not exist: stop
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Refusal:
    """A no with a reason: `code` is one of `REFUSAL_CODES`, `params` fill the translated text."""

    code: str
    params: dict[str, str] = field(default_factory=dict)


#: Every reason for a no. Pages hold one sentence in each language for each of them.
REFUSAL_CODES: Final = frozenset(
    {
        'unknown_goods',
        'unknown_station',
        'same_station',
        'goods_not_sent_here',
        'goods_not_taken_here',
        'key_reused',
        'unknown_delivery',
        'not_your_delivery',
        'not_allowed',
        'too_late_to_cancel',
        'already_ended',
        'robot_not_here',
        'opening_pending',
        'compartment_open',
        'not_opened',
        'not_received_yet',
        'already_rated',
        'bad_stars',
        'unknown_robot',
        'unknown_alert',
        'unknown_lift',
        'lift_still_recalled',
        'too_many_open',
        'robot_still_implausible',
        'station_leaves',
        'map_swap_under_way',
        'map_unchanged',
        'map_of_another_hospital',
        'map_without_robots',
        'no_map_swap',
        'unknown_place',
        'unknown_robot_type',
        'end_in_the_past',
        'end_too_far',
        'no_reason',
        'too_many_closures',
        'unknown_closure',
        'reason_needed',
        'bad_detail',
        'too_far_ahead',
        'window_over',
        'compartment_in_use',
        'not_for_porters',
        'robot_not_empty',
        'second_person_needed',
        'count_needed',
        'bad_count',
        'count_differs',
        'nothing_to_rescue',
        'rescue_under_way',
        'not_yours_to_carry',
        'not_forgotten',
        'not_followed_up',
        'may_not_return',
    }
)


class FleetError(Exception):
    """Base of every error this project raises on purpose."""


class MapError(FleetError):
    """A hospital file is wrong. The text names the place, the field and what to do."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f'{place}: {problem}')
        self.place = place
        self.problem = problem


class JournalError(FleetError):
    """The journal cannot be read back: an unknown event, or a field of the wrong type."""


class InvariantBroken(FleetError):
    """The core found a state that must not exist. Stopping is safer than going on."""
