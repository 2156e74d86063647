from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from vuelve.journeys.tests.scene import Scene
    from vuelve.shops.models import Shop


@pytest.fixture
def scene(shop: "Shop") -> "Scene":
    # Not at the top: this file is loaded before Django is set up.
    from vuelve.journeys.tests.scene import Scene

    return Scene(shop)
