"""What tests of several adapters share: a provider of identities that runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.adapters.oidc.provider import Provider


@pytest.fixture(scope='module')
def shared() -> Iterator[Provider]:
    from tests.adapters.oidc.provider import running

    with running() as made:
        yield made


@pytest.fixture
def provider(shared: Provider) -> Provider:
    """Return a provider that knows nothing of the test before."""
    shared.start_afresh()
    return shared
