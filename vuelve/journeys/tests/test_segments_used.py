"""A segment knows the journeys that look at it, and is not archived under them."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from vuelve.journeys import services as journeys
from vuelve.journeys.models import Status
from vuelve.journeys.tests.scene import END, Scene
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError
from vuelve.segments import services as segments
from vuelve.segments.queries import used_elsewhere
from vuelve.shops.tests.people import browser_of, make_member

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_segment_that_a_journey_looks_at_stays(scene: Scene) -> None:
    tree = {"type": "trait", "name": "country", "op": "is", "value": "MX"}
    made, other = (
        segments.create(shop=scene.id, name=name, tree=tree, by="ana", now=NOW) for name in ("México", "Otro")
    )
    branch = {"name": "in", "conditions": {"all": [tree, {"not": {"type": "segment", "segment": made.pk}}]}}
    split = {"type": "split", "config": {"branches": [branch]}, "next": {"in": "end", "otherwise": "end"}}
    scene.publish({"split": split, "end": END}, first="split")
    with for_shop(scene.id) as cursor:
        [(name, address)] = used_elsewhere(cursor, scene.id, made.pk)
        assert used_elsewhere(cursor, scene.id, other.pk) == []
    browser = browser_of(make_member(scene.shop, locale="en"))
    page = reverse("segment", kwargs={"shop_slug": scene.shop.slug, "segment_id": made.pk})
    assert address in browser.get(page).content.decode()
    assert name
    with pytest.raises(VuelveError, match="segment_in_use"):
        segments.archive(shop=scene.id, segment_id=made.pk, by="ana", now=NOW)
    answer = browser.post(f"{page}/archive", follow=True).content.decode()
    assert "Another segment or a journey looks at it" in answer
    journeys.set_status(shop=scene.id, key="journey", status=Status.ARCHIVED, actor="ana")
    segments.archive(shop=scene.id, segment_id=made.pk, by="ana", now=NOW)
