"""Segments over HTTP, for the shop's own servers (secret key)."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status
from pydantic import BaseModel, StrictBool, StrictInt

from vuelve.platform import clock, limits
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError, not_found
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.segments import queries, services
from vuelve.segments.contracts import DESCRIPTION_CHARS_MAX, NAME_CHARS_MAX, Explained
from vuelve.segments.models import Segment
from vuelve.shops.api import RowNumber, answers, needs, shop_of
from vuelve.shops.scopes import Scope

ACTOR = "api"
CHANGED = (
    "`segment_changed`: somebody changed it meanwhile. `name_taken`. `segment_in_use`. `segments_limit`."
)

router = Router(tags=["segments"])

_TREE = Field(
    description="A condition tree: `all`, `any`, `not`, or a leaf with its `type`.",
    examples=[{"all": [{"type": "event", "name": "Order Completed", "within_days": 30}]}],
)
_NAME = Field(
    examples=["Loyal in Mexico"],
    json_schema_extra={
        "minLength": 1,
        "maxLength": NAME_CHARS_MAX,
        "pattern": "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$",
    },
)


class SegmentOut(Schema):
    """`is_filled` is false until everyone has been looked at for the newest version."""

    id: int = Field(examples=[12])
    name: str = Field(examples=["Loyal in Mexico"])
    description: str = Field(examples=["For the autumn offer"])
    kind: str = Field(description="`live` or `list`.", examples=["live"])
    version: int = Field(examples=[3])
    is_filled: bool = Field(examples=[True])
    size: int = Field(description="As it was last counted.", examples=[1240])
    tree: dict[str, Any] | None = Field(description="Null of a list.", default=None)
    created_at: datetime = Field(examples=["2026-03-01T10:00:00Z"])
    changed_at: datetime = Field(examples=["2026-03-01T10:00:00Z"])


_ALLOW_UNSEEN = Field(
    False,
    description="Take traits and event properties that nothing has had so far: `unknown_property` else.",
)


class ListOut(SegmentOut):
    unknown: int = Field(description="How many of the ids are nobody's.", examples=[3])


class SegmentIn(Schema):
    name: str = _NAME
    description: str = Field(
        "", json_schema_extra={"maxLength": DESCRIPTION_CHARS_MAX, "pattern": "^[^\\u0000]*$"}
    )
    tree: dict[str, Any] = _TREE
    allow_unseen: StrictBool = _ALLOW_UNSEEN


class ListIn(Schema):
    name: str = _NAME
    ids: list[str] = Field(
        description="User ids, e-mail addresses or phone numbers.",
        examples=[["u-17", "ana@example.com"]],
        json_schema_extra={"minItems": 1, "maxItems": limits.SEGMENT_LIST_ROWS_MAX},
    )


class SegmentChange(BaseModel):  # a Schema of which nothing is needed would take a list as well
    """What is left out stays. With `version` it is refused if that is no longer in force."""

    name: str | None = None
    description: str | None = None
    tree: dict[str, Any] | None = None
    version: StrictInt | None = None
    allow_unseen: StrictBool = _ALLOW_UNSEEN


class TreeIn(Schema):
    tree: dict[str, Any] = _TREE


class PreviewOut(Schema):
    """`unread`: event properties whose past is known only once a segment with them is saved. `unseen`: traits and event
    properties that nothing has had so far.
    """

    count: int = Field(examples=[1240])
    customers_total: int = Field(examples=[31000])
    sample: list[int] = Field(description="Ids of some of them.", examples=[[17, 42]])
    unread: list[str] = Field(examples=[["Order Completed: coupon"]])
    unseen: list[str] = Field(examples=[["Order Completed: cupon"]])


class MemberOut(Schema):
    customer_id: int = Field(examples=[17])
    entered_at: datetime = Field(examples=["2026-03-01T10:00:00Z"])


class MembersOut(Schema):
    """`next` is the `after` of the next page; null on the last."""

    members: list[MemberOut]
    next: int | None = Field(examples=[4711])


class ExplainedOut(Schema):
    """A branch (`all`, `any`, `not`) with what is below it, or a leaf with `figure`, what was found of the customer."""

    path: str = Field(examples=["tree.all[0]"])
    branch: str = Field(examples=[""])
    text: str = Field(examples=["Order Completed happened at least 1 time in the last 30 days"])
    holds: bool = Field(examples=[True])
    figure: str | None = Field(examples=["3"])
    below: "list[ExplainedOut]" = Field(default_factory=list)


@router.get(
    "/segments", **needs(Scope.SEGMENTS_READ), response=answers(list[SegmentOut]), summary="All segments"
)
def all_segments(request: HttpRequest) -> list[dict[str, Any]]:
    """At most SEGMENTS_MAX, those changed last first."""
    shop = shop_of(request)
    with for_shop(shop):
        trees = queries.trees_of(shop)
        return [_shown(each, trees.get(each.pk)) for each in queries.segments_of(shop)[: limits.SEGMENTS_MAX]]


@router.post(
    "/segments",
    **needs(Scope.SEGMENTS_WRITE, on_409=CHANGED),
    response=answers(SegmentOut, 409, status=201),
    summary="Make a segment",
)
def make(request: HttpRequest, payload: SegmentIn) -> Status[dict[str, Any]]:
    """It is filled in the background; who is in it from the start is told to nobody."""
    shop = shop_of(request)
    if not payload.allow_unseen:
        _refuse_unseen(shop, payload.tree)
    with for_shop(shop):
        made = services.create(
            shop=shop, name=payload.name, tree=payload.tree, by=ACTOR, now=clock.real.now(), description=payload.description
        )  # fmt: skip
        return Status(201, _shown(made, payload.tree))


@router.post(
    "/segments/lists",
    **needs(Scope.SEGMENTS_WRITE, on_409=CHANGED),
    response=answers(ListOut, 409, status=201),
    summary="Make a list",
)
def make_list(request: HttpRequest, payload: ListIn) -> Status[dict[str, Any]]:
    """A segment of the customers that it names, and of no others."""
    shop = shop_of(request)
    with for_shop(shop):
        made, unknown = services.upload(
            shop=shop, name=payload.name, ids=payload.ids, by=ACTOR, now=clock.real.now()
        )
        return Status(201, _shown(made, None) | {"unknown": unknown})


# Before the addresses with a number, which would take it for one.
@router.post(
    "/segments/preview",
    **needs(Scope.SEGMENTS_READ),
    response=answers(PreviewOut),
    summary="How many a condition finds",
)
def preview(request: HttpRequest, payload: TreeIn) -> dict[str, Any]:
    """As of now; nothing is saved."""
    found = services.preview(shop=shop_of(request), tree=payload.tree, now=clock.real.now())
    return {
        "count": found.count,
        "customers_total": found.customers_total,
        "sample": list(found.sample),
        "unread": list(found.unread),
        "unseen": list(found.unseen),
    }


@router.get(
    "/segments/{segment_id}",
    **needs(Scope.SEGMENTS_READ),
    response=answers(SegmentOut, 404),
    summary="One segment",
)
def one_segment(request: HttpRequest, segment_id: RowNumber) -> dict[str, Any]:
    shop = shop_of(request)
    with for_shop(shop):
        return _shown_whole(_segment(shop, segment_id))


@router.patch(
    "/segments/{segment_id}",
    **needs(Scope.SEGMENTS_WRITE, on_409=CHANGED),
    response=answers(SegmentOut, 404, 409),
    summary="Change a segment",
)
def change(request: HttpRequest, payload: SegmentChange, segment_id: RowNumber) -> dict[str, Any]:
    """A new definition is a new version; the old ones stay."""
    shop, given = shop_of(request), payload.model_dump(exclude_unset=True)
    allows_unseen = given.pop("allow_unseen", False)
    with for_shop(shop):
        _segment(shop, segment_id)
        if given.get("tree") is not None and not allows_unseen:
            _refuse_unseen(shop, given["tree"])
        changed = services.change(shop=shop, segment_id=segment_id, by=ACTOR, now=clock.real.now(), **given)
        return _shown_whole(changed)


@router.delete(
    "/segments/{segment_id}",
    **needs(Scope.SEGMENTS_WRITE, on_409="`segment_in_use`: another segment or a journey looks at it."),
    response=answers(None, 404, 409, status=204),
    summary="Archive a segment",
)
def archive(request: HttpRequest, segment_id: RowNumber) -> Status[None]:
    """Nobody is in it any more."""
    services.archive(shop=shop_of(request), segment_id=segment_id, by=ACTOR, now=clock.real.now())
    return Status(204, None)


@router.get(
    "/segments/{segment_id}/members",
    **needs(Scope.SEGMENTS_READ),
    response=answers(MembersOut, 404),
    summary="Who is in it",
)
def members(
    request: HttpRequest,
    segment_id: RowNumber,
    after: Annotated[int, Field(ge=0, le=limits.BIGINT_MAX)] = 0,
    rows: Annotated[int, Field(ge=1, le=limits.CSV_ROWS_MAX)] = limits.PAGE_ROWS_MAX,
) -> dict[str, Any]:
    """By customer id, `rows` a page."""
    shop = shop_of(request)
    with for_shop(shop) as cursor:
        _segment(shop, segment_id)
        found = queries.page_of_members(cursor, shop, segment_id, after=after, rows=rows + 1)
    return {
        "members": [{"customer_id": each[0], "entered_at": each[1]} for each in found[:rows]],
        "next": found[rows - 1][0] if len(found) > rows else None,
    }


@router.get(
    "/segments/{segment_id}/customers/{customer_id}",
    **needs(Scope.SEGMENTS_READ),
    response=answers(ExplainedOut, 404),
    summary="Why a customer is in it, or not",
)
def explain(request: HttpRequest, segment_id: RowNumber, customer_id: RowNumber) -> dict[str, Any]:
    """Every branch with what was found of the customer. A list has no condition: 404."""
    shop = shop_of(request)
    with for_shop(shop) as cursor:
        version = queries.version_of(_segment(shop, segment_id))
        if version is None:
            raise not_found("condition")
        if queries.known_customer(cursor, shop, customer_id) is None:
            raise not_found("customer")
        return _explained(
            services.explain(
                shop=shop, tree=version.tree, customer=CustomerId(customer_id), now=clock.real.now()
            )
        )


def _segment(shop: ShopId, segment_id: int) -> Segment:
    found = queries.segments_of(shop).filter(pk=segment_id).first()
    if found is None:
        raise not_found("segment")
    return found


def _refuse_unseen(shop: ShopId, tree: Any) -> None:
    found = services.unseen(shop=shop, tree=tree)
    if found:
        name, path = next(iter(found.items()))
        raise VuelveError(
            "unknown_property",
            f"Nothing has had `{name}` so far.",
            field=path,
            hint="Check the spelling, or send `allow_unseen: true`.",
        )


def _shown_whole(segment: Segment) -> dict[str, Any]:
    version = queries.version_of(segment)
    return _shown(segment, version.tree if version else None)


def _shown(segment: Segment, tree: Any) -> dict[str, Any]:
    return {
        "id": segment.pk,
        "name": segment.name,
        "description": segment.description,
        "kind": segment.kind,
        "version": segment.version,
        "is_filled": segment.is_filled,
        "size": segment.size,
        "tree": tree,
        "created_at": segment.created_at,
        "changed_at": segment.changed_at,
    }


def _explained(node: Explained) -> dict[str, Any]:
    return {
        "path": node.path,
        "branch": node.branch,
        "text": node.text,
        "holds": node.holds,
        "figure": node.figure,
        "below": [_explained(child) for child in node.below],
    }
