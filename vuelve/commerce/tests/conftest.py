import pytest


@pytest.fixture
def store(shop):  # type: ignore[no-untyped-def]
    """The shop of the test, with its log and consumer."""
    from vuelve.commerce.tests.support import Store

    return Store(shop)
