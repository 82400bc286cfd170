"""What all tests share: one browser, started after everything that needs no browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = '/usr/bin/chromium'
FLAGS = (
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put tests with a browser last: playwright keeps an event loop, which asyncio.run refuses."""
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
