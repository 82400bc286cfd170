"""What all tests share: one browser, started after everything that needs no browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from playwright.sync_api import Browser, sync_playwright

# An example's milliseconds say how busy the machine is, and nothing about the rule.
hypothesis.settings.register_profile(
    'fleet', deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile('fleet')

CHROMIUM = '/usr/bin/chromium'
FLAGS = (
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
)


CRASHES = ('test_live_kills.py', 'test_live_crashpoints.py', 'test_live_map_swap.py')
#: How a wait says that it ran out. Every other failure is a wrong answer.
RAN_OUT = ('not within', 'did not come about', 'Locator expected', 'Page expected', 'Timeout')


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put tests with a browser last: playwright keeps an event loop, which asyncio.run refuses.

    A test of real programs, whose wait ran out, is tried once more, and the report says so: two
    noisy cores now and then stand still for longer than anybody waits. A wrong answer is final,
    and so is all that a test of crashes says.
    """
    for item in items:
        if item.path.name in CRASHES:
            continue
        if any(map(item.get_closest_marker, ('browser', 'ros'))):
            item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=list(RAN_OUT)))
    items.sort(key=lambda item: item.get_closest_marker('browser') is not None)


@pytest.fixture(scope='session')
def browser() -> Iterator[Browser]:
    """Return a real Chromium. A machine without one skips these tests and says so."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f'{CHROMIUM} is not installed')
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield chromium
        chromium.close()
