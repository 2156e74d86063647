"""The pages of segments over HTTP: forged and broken input, other shops, conflicts, what viewers see."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.urls import reverse

from vuelve.platform.clock import real
from vuelve.platform.db import for_shop
from vuelve.platform.extension import registry
from vuelve.platform.ids import ShopId
from vuelve.segments import services
from vuelve.segments.builder import drafts, filling
from vuelve.segments.models import Segment
from vuelve.segments.tests.test_oracle import LEAVES
from vuelve.shops.models import Role, Shop
from vuelve.shops.tests.people import browser_of, make_member
from vuelve.testing import make_shop

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
IN_MEXICO = {"type": "trait", "name": "country", "op": "is", "value": "MX"}
FORM = {
    "name": "Compradores",
    "t.kind": "all",
    "t.0.kind": "event",
    "t.0.name": "Order Completed",
    "t.0.count.op": "gte",
    "t.0.count.value": "2",
    "t.0.within_days": "30",
    "t.1.kind": "none",
    "t.1.0.kind": "spent",
    "t.1.0.amount_minor.op": "gte",
    "t.1.0.amount_minor.value": "1500,50",
    "t.1.0.currency": "MXN",
}
TREE = {
    "all": [
        {"type": "event", "name": "Order Completed", "count": {"op": "gte", "value": 2}, "within_days": 30},
        {
            "not": {
                "any": [{"type": "spent", "amount_minor": {"op": "gte", "value": 150_050}, "currency": "MXN"}]
            }
        },
    ]
}


def segments_of(shop: Shop) -> list[Segment]:
    with for_shop(ShopId(shop.pk)):
        return list(Segment.objects.filter(shop=shop).order_by("pk"))


def browse(shop: Shop, role: Role = Role.MARKETER, locale: str = "en") -> Any:
    return browser_of(make_member(shop, role=role, locale=locale))


def test_a_form_becomes_the_tree_and_comes_back(log: None, shop: Shop) -> None:
    browser = browse(shop)
    answer = browser.post(f"/s/{shop.slug}/segments/new", FORM)
    [made] = segments_of(shop)
    assert answer.status_code == 302
    with for_shop(ShopId(shop.pk)):
        assert made.versions.get().tree == TREE
    page = browser.get(f"/s/{shop.slug}/segments/{made.pk}/edit").content.decode()
    for name, value in FORM.items():
        if name.endswith("value") and "1500" in value:
            value = "1500.50"
        assert f'name="{name}"' in page, name
        assert value in page or not value, name


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("name", "", "Give it a name"),
        ("name", "x" * 121, "Give it a name"),
        ("t.0.name", "", "empty"),
        ("t.0.count.value", "two", "Write a number"),
        ("t.0.within_days", "3650000", "too large"),
        ("t.0.kind", "nonsense", "no such kind"),
        ("t.1.0.currency", "mxn", "three capitals"),
        ("t.1.0.amount_minor.value", "mucho", "Write a number"),
        ("t.1.0.amount_minor.op", "like", "Choose one"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(
    log: None, shop: Shop, field: str, value: str, says: str
) -> None:
    answer = browse(shop).post(f"/s/{shop.slug}/segments/new", FORM | {field: value})
    assert answer.status_code == 400
    assert says in answer.content.decode()
    assert segments_of(shop) == []


def test_a_preview_answers_whatever_is_typed(log: None, shop: Shop) -> None:
    browser = browse(shop)
    deep = {"t.kind": "all"}
    for depth in range(1, 12):
        deep["t" + ".0" * depth + ".kind"] = "any"
    for form in (
        {},
        FORM,
        deep,
        FORM | {"t.0.name": "<script>alert(1)</script>🎉" * 20},
        {"t.kind": "event"},
    ):
        answer = browser.post(f"/s/{shop.slug}/segments/preview", form)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.content.decode()
    for act in ("add:t", "add:t.9.9", "remove:t", "remove:t.0", "where:t.0.where:99", "undo", "nonsense", ""):
        answer = browser.post(
            f"/s/{shop.slug}/segments/build", FORM | {"act": act, "add.t": "event", "undo": "[[["}
        )
        assert answer.status_code == 200


def test_a_tree_in_an_address_is_checked(log: None, shop: Shop) -> None:
    browser = browse(shop)
    good = browser.get(f"/s/{shop.slug}/segments/new?tree={quote(json.dumps(IN_MEXICO))}").content.decode()
    assert 'name="t.0.kind" value="trait"' in good
    for text in (
        "{",
        "[]",
        "null",
        '{"type": "sql"}',
        '{"all": []}',
        '{"not": ' * 50,
        json.dumps(IN_MEXICO | {"op": "like"}),
    ):
        answer = browser.get(f"/s/{shop.slug}/segments/new?tree={quote(text)}")
        assert answer.status_code == 200
        assert 'name="t.0.kind" value="trait"' not in answer.content.decode()


def test_two_who_save_at_once(log: None, shop: Shop) -> None:
    made = services.create(shop=ShopId(shop.pk), name="Uno", tree=IN_MEXICO, by="ana", now=NOW)
    browser = browse(shop)
    first = browser.post(f"/s/{shop.slug}/segments/{made.pk}/edit", FORM | {"version": "1"})
    second = browser.post(f"/s/{shop.slug}/segments/{made.pk}/edit", FORM | {"version": "1", "name": "Dos"})
    assert (first.status_code, second.status_code) == (302, 409)
    assert "meanwhile" in second.content.decode()
    assert [each.name for each in segments_of(shop)] == ["Compradores"]


def test_another_shops_segment_is_not_found(log: None, shop: Shop) -> None:
    theirs = services.create(shop=ShopId(make_shop().pk), name="Uno", tree=IN_MEXICO, by="ana", now=NOW)
    browser = browse(shop, Role.OWNER)
    below = f"/s/{shop.slug}/segments/{theirs.pk}"
    for address in (below, f"{below}/edit", f"{below}?download=csv"):
        assert browser.get(address).status_code == 404
    for deed in ("edit", "duplicate", "archive", "restore"):
        assert browser.post(f"{below}/{deed}", FORM | {"number": "1"}).status_code == 404


def test_a_viewer_looks_and_changes_nothing(log: None, shop: Shop) -> None:
    made = services.create(shop=ShopId(shop.pk), name="Uno", tree=IN_MEXICO, by="ana", now=NOW)
    browser = browse(shop, Role.VIEWER)
    page = browser.get(f"/s/{shop.slug}/segments/{made.pk}").content.decode()
    assert "Archive" not in page
    assert browser.get(f"/s/{shop.slug}/segments/{made.pk}?download=csv").status_code == 403
    assert browser.post(f"/s/{shop.slug}/segments/{made.pk}/archive").status_code == 403
    assert segments_of(shop)[0].archived_at is None


def test_every_kind_that_has_a_form_survives_it() -> None:
    """Leaf to form and back is the same leaf, or one that means the same."""
    from hypothesis import given, settings

    @settings(max_examples=200, deadline=None)
    @given(leaf=LEAVES)
    def survives(leaf: dict[str, Any]) -> None:
        kind = registry.conditions[leaf["type"]]
        if not filling.inputs_of(kind) or '""' in json.dumps(leaf):
            return  # an empty text cannot be a line of a list in a form
        back = filling.leaf_of(kind, filling.fields_of(kind, leaf))
        kind.check(back, "leaf")
        assert kind.describe(back) == kind.describe(leaf)

    survives()


@pytest.mark.parametrize("number", ["sNaN", "NaN", "Infinity", "1.5e400", "1e-99999999999", "0e99999999999"])
def test_no_number_in_a_form_is_a_fault_of_ours(number: str) -> None:
    for kind in registry.conditions.values():
        filling.leaf_of(
            kind, {"value": number, "value_type": "number", "op": "is", "name": "x", "property": "x"}
        )


def test_the_place_of_a_row_is_a_small_number(log: None, shop: Shop) -> None:
    browser = browse(shop)
    for number in ("9" * 5_000, "99", "²", "٣"):
        form = FORM | {"act": f"where:t.0.where:{number}"}
        assert browser.post(f"/s/{shop.slug}/segments/build", form).status_code == 200


def test_drafts_from_a_browser_are_no_trusted_thing() -> None:
    for text in (
        "",
        "{}",
        "[1,2,3]",
        '["all", {}, ' * 30,
        json.dumps(["all", {}, [["x", {"a": 1}, []]] * 200]),
    ):
        assert drafts.from_text(text) is None
    kept = drafts.Draft("any", below=(drafts.Draft("event", {"name": "ñ"}),))
    assert drafts.from_text(drafts.as_text(kept)) == kept


def test_the_preview_names_what_nothing_has_had(log: None, shop: Shop) -> None:
    browser = browser_of(make_member(shop, locale="en"))
    form = {
        "t.kind": "all", "t.0.kind": "event", "t.0.name": "Order Completed", "t.0.count.op": "gte", "t.0.count.value": "1",
        "t.0.where.0.property": "cupon", "t.0.where.0.value_type": "text", "t.0.where.0.op": "is", "t.0.where.0.value": "HOT",
    }  # fmt: skip
    page = browser.post(reverse("segment_preview", kwargs={"shop_slug": shop.slug}), form)
    assert page.status_code == 200
    assert "Check the spelling: Order Completed: cupon" in page.content.decode()


def test_the_size_is_drawn_once_there_are_two_days(log: None, shop: Shop) -> None:
    here, today = ShopId(shop.pk), real.now()
    tree = {"type": "trait", "name": "country", "op": "is", "value": "MX"}
    made = services.create(shop=here, name="México", tree=tree, by="ana", now=today)
    browser = browser_of(make_member(shop, locale="en"))
    page = reverse("segment", kwargs={"shop_slug": shop.slug, "segment_id": made.pk})

    def count(days: int, size: int) -> None:
        with for_shop(here) as cursor:
            cursor.execute(
                "INSERT INTO segments_size (shop_id, segment_id, day, size) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
                [shop.pk, made.pk, today.date() - timedelta(days=days), size],
            )

    count(5, 70)
    assert "chart-size" not in browser.get(page).content.decode()
    count(2, 95)
    answer = browser.get(page).content.decode()
    assert "chart-size" in answer
    assert "95 customers now, 70 on" in answer
    table: Any = browser.get(f"{page}?download=size.csv")
    lines = table.getvalue().decode().splitlines()
    assert [line.split(",")[-1] for line in lines[-6:]] == ["70", "70", "70", "95", "95", "95"]
