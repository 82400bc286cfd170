"""Take one mechanism out of the controller, and a day full of faults shows it within few seeds."""

from __future__ import annotations

import pytest

from tests.scenarios.mutants import MUTANTS, Mutant, problem_of, seeds_until_caught

pytestmark = pytest.mark.slow

#: A change elsewhere moves which seed shows it; the rarest, fencing, shows in one of six.
SEEDS = 40


def test_the_day_finds_nothing_wrong_with_the_controller_as_it_is() -> None:
    assert problem_of(None, seed=1) == ''


@pytest.mark.parametrize('mutant', MUTANTS, ids=lambda mutant: mutant.name.replace(' ', '-'))
def test_a_controller_without_one_of_its_mechanisms_is_caught(mutant: Mutant) -> None:
    tried, found = seeds_until_caught(mutant, first=mutant.first, most=SEEDS)
    assert tried, f'{mutant.broken}: nobody noticed in {SEEDS} days'
    assert found
