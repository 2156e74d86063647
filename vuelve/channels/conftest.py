"""The queue is shared by all shops: what earlier tests left in it is taken out before each test of this package."""

import pytest


@pytest.fixture(autouse=True)
def empty_queue(request: pytest.FixtureRequest) -> None:
    # Not at the top: Django is set up after conftest files are read.
    from vuelve.platform.db import for_shops
    from vuelve.shops.queries import all_shop_ids

    if "shop" not in request.fixturenames:
        return
    request.getfixturevalue("log")
    with for_shops(all_shop_ids()) as cursor:
        cursor.execute("UPDATE channels_message SET status = 'failed' WHERE status IN ('queued', 'sending')")
