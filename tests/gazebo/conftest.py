"""What tests of whole hospitals in Gazebo share: an engine, or a reason to skip; what is kept."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import pytest

from robot_nodes.gazebo.engines import available
from tests.gazebo.house import ENGINE, OPEN
from tests.gazebo.keep import keep


@functools.cache
def missing() -> str:
    """Say why there is none of the engines asked for; '' where there is one."""
    found = [one for one in available() if one.name != 'kinematic']
    if any(one.present and ENGINE in ('auto', one.name) for one in found):
        return ''
    return '; '.join(f'{one.name}: {one.about}' for one in found)


@pytest.fixture(autouse=True)
def needs_engine(request: pytest.FixtureRequest) -> None:
    """Skip tests of whole hospitals, and say why, where there is no engine."""
    whole = request.node.get_closest_marker('ros') and request.node.get_closest_marker('gazebo')
    if whole and missing():
        pytest.skip(missing())


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Iterator[None]:
    """Note seed and real-time factor in JUnit, and keep what explains a failure."""
    outcome: Any = yield
    report = outcome.get_result()
    for house in OPEN:
        if report.when == 'call':
            item.user_properties.append(('seed', house.seed))
            item.user_properties.append(('real_time_factor', f'{house.factor:.1f}'))
        if report.failed:
            try:
                folder = keep(item.nodeid, house.state, seed=house.seed, factor=house.factor)
                report.sections.append(('kept', f'{folder}'))
            except Exception as error:  # noqa: BLE001 - the failure itself is what matters
                report.sections.append(('kept', f'nothing: {error}'))
