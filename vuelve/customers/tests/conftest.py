"""Fixtures. Imports stay inside: pytest loads this file before Django is set up."""

from collections.abc import Iterator

import pytest


@pytest.fixture
def identity(shop) -> Iterator:  # type: ignore[no-untyped-def, type-arg]
    """A shop whose events only the identity consumer reads."""
    from vuelve.customers.consumers import IdentityConsumer
    from vuelve.customers.tests.world import NOW, Identity
    from vuelve.events.services import prepare_log
    from vuelve.platform.extension import registry

    before = registry.consumers[:]
    registry.consumers[:] = [IdentityConsumer()]
    prepare_log(now=NOW)
    try:
        yield Identity(shop)
    finally:
        registry.consumers[:] = before
