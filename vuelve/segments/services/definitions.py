"""Segments are made, changed, copied and put away. A definition is never overwritten: each change is a version."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F

from vuelve.customers.queries import find_customers
from vuelve.platform import limits
from vuelve.platform.db import copy_rows, for_shop
from vuelve.platform.errors import VuelveError, conflict, not_found
from vuelve.platform.ids import ShopId
from vuelve.segments.contracts import DESCRIPTION_CHARS_MAX, NAME_CHARS_MAX, Kind
from vuelve.segments.models import Segment, SegmentUse, SegmentVersion
from vuelve.segments.queries import used_elsewhere
from vuelve.segments.services.conditions import check_condition, check_promotions
from vuelve.segments.services.membership import SQL, hold
from vuelve.segments.services.refreshing import ask_to_fill
from vuelve.segments.tree import Tree, canonical, segments_used
from vuelve.shops.services import audit


def create(*, shop: ShopId, name: str, tree: Tree, by: str, now: datetime, description: str = "") -> Segment:
    """A segment by condition; a job fills it. Raises VuelveError: of the tree, `name_taken`, `segments_limit`, `too_long`."""
    with for_shop(shop) as cursor:
        hold(cursor, shop, is_alone=True)
        _check(shop, tree)
        segment = _insert(shop, name, description, Kind.LIVE, by, now)
        _add_version(segment, tree, by, now)
        audit(shop=shop, actor=by, action="Segment Created", target=segment.name, detail={"tree": tree})
        ask_to_fill(shop=shop, segment_id=segment.pk)
        return segment


def change(
    *,
    shop: ShopId,
    segment_id: int,
    by: str,
    now: datetime,
    name: str | None = None,
    description: str | None = None,
    tree: Tree | None = None,
    version: int | None = None,
) -> Segment:
    """Rename it, or give it a new definition, which is a new version unless nothing changed.

    Raises VuelveError as `create`, `not_found`, `segment_changed` (409) if `version` is given and no longer in force,
    `segment_circle` if it would look at itself, `segment_is_list`.
    """
    with for_shop(shop) as cursor:
        hold(cursor, shop, is_alone=True)
        segment = _locked(shop, segment_id)
        if version is not None and version != segment.version:
            raise conflict(
                "segment_changed",
                "Somebody changed the segment meanwhile.",
                field="version",
                hint="Look at it again, then save.",
            )
        before = {"name": segment.name, "version": segment.version}
        if name is not None:
            segment.name = _checked_name(name)
        if description is not None:
            segment.description = _checked_description(description)
        if tree is not None and _is_new(segment, tree):
            _check(shop, tree)
            segment.version += 1
            segment.error = ""
            _add_version(segment, tree, by, now)
        segment.changed_at = now
        _save(segment)
        detail = {"before": before, "after": {"name": segment.name, "version": segment.version}}
        audit(
            shop=shop,
            actor=by,
            action="Segment Changed",
            target=segment.name,
            detail=detail if tree is None else detail | {"tree": tree},
        )
        if segment.kind == Kind.LIVE and not segment.is_filled:
            ask_to_fill(shop=shop, segment_id=segment.pk)
        return segment


def restore_version(*, shop: ShopId, segment_id: int, number: int, by: str, now: datetime) -> Segment:
    """The definition of an earlier version becomes the newest. Raises VuelveError as `change`."""
    with for_shop(shop):
        earlier = SegmentVersion.objects.filter(shop_id=shop, segment_id=segment_id, number=number).first()
    if earlier is None:
        raise not_found("version")
    return change(shop=shop, segment_id=segment_id, by=by, now=now, tree=earlier.tree)


def duplicate(*, shop: ShopId, segment_id: int, name: str, by: str, now: datetime) -> Segment:
    """A second one with the same definition. Raises VuelveError as `create`, and `segment_is_list`."""
    with for_shop(shop):
        like = Segment.objects.filter(pk=segment_id, shop_id=shop).first()
        version = None if like is None else like.versions.filter(number=like.version).first()
    if like is None:
        raise not_found("segment")
    if version is None:
        raise _is_list()
    return create(shop=shop, name=name, tree=version.tree, by=by, now=now, description=like.description)


def archive(*, shop: ShopId, segment_id: int, by: str, now: datetime) -> None:
    """Nobody is in it any more. Raises VuelveError `not_found`, `segment_in_use` (409) while a segment or a journey looks at it."""
    with for_shop(shop) as cursor:
        hold(cursor, shop, is_alone=True)
        segment = _locked(shop, segment_id)
        users = list(
            SegmentUse.objects.filter(used=segment, segment__archived_at=None).values_list(
                "segment__name", flat=True
            )[:5]
        )
        users += [name for name, _address in used_elsewhere(cursor, shop, segment.pk)]
        if users:
            raise conflict(
                "segment_in_use",
                f"It is looked at by: {', '.join(users[:5])}.",
                hint="Change those first.",
            )
        Segment.objects.filter(pk=segment.pk).update(archived_at=now, changed_at=now, size=0)
        cursor.execute(
            "DELETE FROM segments_member WHERE shop_id = %s AND segment_id = %s", [shop, segment.pk]
        )
        audit(shop=shop, actor=by, action="Segment Archived", target=segment.name)


def upload(*, shop: ShopId, name: str, ids: Sequence[str], by: str, now: datetime) -> tuple[Segment, int]:
    """A list of customers by user id, e-mail or phone; returns it and how many of the ids are nobody's.

    Raises VuelveError `list_too_long`, `list_empty`, and as `create`.
    """
    wanted = list(dict.fromkeys(each.strip() for each in ids if each.strip()))
    if not wanted:
        raise VuelveError("list_empty", "The list names nobody.", field="ids", hint="One id a line.")
    if len(wanted) > limits.SEGMENT_LIST_ROWS_MAX:
        raise VuelveError(
            "list_too_long",
            f"The list has {len(wanted)} lines.",
            field="ids",
            hint=f"At most {limits.SEGMENT_LIST_ROWS_MAX}.",
        )
    with for_shop(shop) as cursor:
        found = find_customers(cursor, shop, wanted)
        hold(cursor, shop, is_alone=True)
        segment = _insert(shop, name, "", Kind.LIST, by, now)
        cursor.execute(SQL["open_found"])
        cursor.execute("SELECT vuelve_clear('pg_temp.segment_found')")
        copy_rows(cursor, "segment_found (customer_id)", ((each,) for each in sorted(set(found.values()))))
        size = cursor.execute(
            "INSERT INTO segments_member (shop_id, customer_id, segment_id, entered_at) "
            "SELECT %s, customer_id, %s, %s FROM pg_temp.segment_found",
            [shop, segment.pk, now],
        ).rowcount
        Segment.objects.filter(pk=segment.pk).update(size=size, filled_version=1, swept_at=now)
        unknown = len(wanted) - len(found)
        audit(
            shop=shop,
            actor=by,
            action="Segment Uploaded",
            target=segment.name,
            detail={"lines": len(wanted), "unknown": unknown},
        )
        segment.refresh_from_db()
        return segment, unknown


def _check(shop: ShopId, tree: Tree) -> None:
    """What the job that fills the segment would stumble over is refused now."""
    check_condition(shop=shop, tree=tree, path="tree")
    check_promotions(shop=shop, tree=tree, path="tree")


def _insert(shop: ShopId, name: str, description: str, kind: Kind, by: str, now: datetime) -> Segment:
    if Segment.objects.filter(shop_id=shop, archived_at=None).count() >= limits.SEGMENTS_MAX:
        raise conflict(
            "segments_limit",
            f"A shop has at most {limits.SEGMENTS_MAX} segments.",
            hint="Archive those that nobody uses.",
        )
    segment = Segment(
        shop_id=shop,
        name=_checked_name(name),
        description=_checked_description(description),
        kind=kind.value,
        created_by=by,
        created_at=now,
        changed_at=now,
    )
    _save(segment)
    return segment


def _save(segment: Segment) -> None:
    try:
        with transaction.atomic():
            segment.save()
    except IntegrityError as error:
        if "segments_segment_name" not in str(error):
            raise
        raise conflict(
            "name_taken", "Another segment has this name.", field="name", hint="Choose another name."
        ) from error


def _checked_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > NAME_CHARS_MAX or "\x00" in name:
        raise VuelveError(
            "invalid_name",
            "The name is empty or too long.",
            field="name",
            hint=f"From 1 to {NAME_CHARS_MAX} characters.",
        )
    return name


def _checked_description(text: str) -> str:
    if len(text) > DESCRIPTION_CHARS_MAX or "\x00" in text:
        raise VuelveError(
            "invalid_description",
            "The description is too long or has a character that cannot be kept.",
            field="description",
            hint=f"At most {DESCRIPTION_CHARS_MAX} characters, none of them NUL.",
        )
    return text


def _locked(shop: ShopId, segment_id: int) -> Segment:
    found = Segment.objects.select_for_update().filter(pk=segment_id, shop_id=shop, archived_at=None).first()
    if found is None:
        raise not_found("segment")
    return found


def _is_new(segment: Segment, tree: Tree) -> bool:
    if segment.kind == Kind.LIST:
        raise _is_list()
    current = segment.versions.get(number=segment.version)
    return canonical(current.tree) != canonical(tree)


def _is_list() -> VuelveError:
    return VuelveError("segment_is_list", "A list has no condition.", hint="Make a segment by condition.")


def _add_version(segment: Segment, tree: Tree, by: str, now: datetime) -> None:
    used = segments_used(tree)
    _refuse_circle(segment, used)
    SegmentVersion.objects.create(
        segment=segment,
        shop_id=segment.shop_id,
        number=segment.version,
        tree=tree,
        created_by=by,
        created_at=now,
    )
    SegmentUse.objects.filter(segment=segment).delete()
    SegmentUse.objects.bulk_create(
        SegmentUse(shop_id=segment.shop_id, segment=segment, used_id=each) for each in sorted(used)
    )


def _refuse_circle(segment: Segment, used: frozenset[int]) -> None:
    """All definitions of a shop are changed one at a time, so that two of them cannot close a circle between them."""
    below: dict[int, set[int]] = {}
    for above, one in SegmentUse.objects.filter(shop_id=segment.shop_id).values_list(
        F("segment_id"), F("used_id")
    ):
        below.setdefault(above, set()).add(one)
    seen, waiting = set[int](), list(used)
    while waiting:
        one = waiting.pop()
        if one == segment.pk:
            raise VuelveError(
                "segment_circle",
                "The segment would look at itself.",
                field="tree",
                hint="Remove the condition on a segment that depends on this one.",
            )
        if one not in seen:
            seen.add(one)
            waiting += below.get(one, set())
