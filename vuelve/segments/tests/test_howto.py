"""The worked example of docs/howto/add-a-condition.md is code that runs."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

import vuelve
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import ConditionKind, registry
from vuelve.platform.ids import ShopId
from vuelve.segments import services as segments
from vuelve.segments.tests.world import NOW, Subject, World, match, members
from vuelve.shops.models import Shop

PAGE = Path(vuelve.__file__).parent.parent / "docs" / "howto" / "add-a-condition.md"


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> ConditionKind:
    found = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    module: dict[str, Any] = {}
    exec(compile(found[1], str(PAGE), "exec"), module)
    made: ConditionKind = module["ShipmentsCondition"]()
    monkeypatch.setitem(registry.conditions, made.key, made)
    return made


def test_the_example_of_the_page_works(shop: Shop, kind: ConditionKind) -> None:
    here = ShopId(shop.pk)
    World(profiles={1: {}, 2: {}, 3: {}}, aliases={3: 1}).write(here)
    with for_shop(here) as cursor:
        for customer, milestone, days in ((3, 5, 30), (2, 4, 1), (2, 5, 31)):
            cursor.execute(
                "INSERT INTO commerce_shipment (shop_id, customer_id, order_id, shipment_id, milestone, updated_at) "
                "VALUES (%s, %s, %s, 's', %s, %s)",
                [here, customer, f"o{days}", milestone, NOW - timedelta(days=days)],
            )
    delivered = {"type": "shipments", "milestone": "delivered", "within_days": 30}
    subjects = [Subject(customer, customer) for customer in (1, 2, 3)]
    assert match(here, delivered, subjects) == {1, 3}
    assert members(here, delivered) == {1}
    assert members(here, {**delivered, "count": {"op": "is", "value": 0}}) == {2}
    with translation.override("en"):
        assert segments.describe(delivered) == "at least 1 parcels at delivered in the last 30 days"
    with pytest.raises(VuelveError) as caught:
        segments.check_condition(
            shop=here, tree={"not": {**delivered, "milestone": "lost"}}, path="conditions"
        )
    assert caught.value.field == "conditions.not.milestone"
