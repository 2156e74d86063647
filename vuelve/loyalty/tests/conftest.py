from datetime import date

import pytest

from vuelve.platform.tests.browser import chromium, live_server, page  # noqa: F401


@pytest.fixture(scope="session")
def years(log: None) -> None:
    """Partitions for what happened long before and will happen long after."""
    from vuelve.events.services import make_months

    make_months("events_event", date(2025, 1, 1), date(2028, 6, 1))


@pytest.fixture
def club(shop, years: None):  # type: ignore[no-untyped-def]
    """The shop of the test, with a programme of 1 point per 10.00."""
    from vuelve.loyalty.tests.support import Club

    return Club(shop)
