"""The only writer of journeys and versions: check, publish, pause, archive. Runs are moved by the consumer and the engine."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from django.db.models import Max

from vuelve.channels.services import publish_template
from vuelve.journeys import builtin, rules
from vuelve.journeys.contracts import Graph, Step, Tree
from vuelve.journeys.models import Journey, Status, Version
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError, conflict, not_found
from vuelve.platform.extension import StepKind, registry
from vuelve.platform.ids import ShopId
from vuelve.segments import services as segments
from vuelve.shops.queries import facts
from vuelve.shops.services import audit

# What a member may ask for; a draft and an archived journey come alive by publishing.
STATUS_CHANGES = {
    Status.DRAFT: {Status.ARCHIVED},
    Status.LIVE: {Status.PAUSED, Status.ARCHIVED},
    Status.PAUSED: {Status.LIVE, Status.ARCHIVED},
    Status.ARCHIVED: set[Status](),
}
STATUS_ACTIONS = {
    Status.LIVE: "Journey Resumed",
    Status.PAUSED: "Journey Paused",
    Status.ARCHIVED: "Journey Archived",
}


@runtime_checkable
class DecidingStep(Protocol):
    """A step whose configuration holds conditions; they are prepared when the graph is published."""

    def conditions(self, config: Mapping[str, Any]) -> Sequence[Tree]: ...


def check(*, shop: ShopId, graph: Any) -> Graph:
    """The graph read from its JSON, if it is sound and all that it names exists; else VuelveError with the path."""
    parsed = rules.parse(graph)
    outcomes: dict[str, Sequence[str]] = {}
    with for_shop(shop):
        for step in parsed.steps.values():
            kind = _kind(step)
            kind.check(step.config, f"steps.{step.key}.config", shop)
            outcomes[step.key] = kind.outcomes(step.config)
        rules.check_edges(parsed, outcomes)
        for path, _event, tree in _trees(parsed):
            segments.check_condition(shop=shop, tree=tree, path=path)
    return parsed


def publish(
    *, shop: ShopId, key: str, name: str, description: str = "", graph: Any, actor: str = "system"
) -> Version:
    """Make the graph the one that customers enter from now on; runs that have begun stay on theirs.

    The same graph gives the same version. A draft or archived journey becomes live, a paused one stays paused.
    Raises VuelveError with a code and the path of what is wrong; then nothing has changed.
    """
    if not rules.STEP_KEY.match(key.replace("-", "_")):
        raise VuelveError(
            "bad_key", "A key is a lower-case letter, then letters, digits, - and _.", field="key"
        )
    if not name.strip() or len(name) > 120 or len(description) > 400:
        raise VuelveError(
            "bad_name", "A name has 1 to 120 characters, a description 400 at most.", field="name"
        )
    parsed = check(shop=shop, graph=graph)
    canonical = rules.as_json(parsed)
    with for_shop(shop):
        for _path, event, tree in _trees(parsed):
            segments.prepare_condition(shop=shop, tree=tree, event_name=event)
        for tree in _step_trees(parsed):
            segments.prepare_condition(shop=shop, tree=tree, event_name=parsed.entry.event)
        Journey.objects.get_or_create(shop_id=shop, key=key, defaults={"name": name})
        # Locked: two who publish at once would give out the same number.
        journey = Journey.objects.select_for_update().get(shop_id=shop, key=key)
        version = journey.versions.filter(graph=canonical).first()
        if version is None:
            last = journey.versions.aggregate(last=Max("number"))["last"] or 0
            version = Version.objects.create(shop_id=shop, journey=journey, number=last + 1, graph=canonical)
        was_live = journey.live_version_id == version.pk and journey.status in (Status.LIVE, Status.PAUSED)
        journey.name, journey.description, journey.live_version = name, description, version
        if journey.status != Status.PAUSED:
            journey.status = Status.LIVE
        journey.save(update_fields=["name", "description", "live_version", "status"])
        if not was_live:
            audit(
                shop=shop,
                actor=actor,
                action="Journey Published",
                target=key,
                detail={"version": version.number},
            )
    return version


def set_status(*, shop: ShopId, key: str, status: str, actor: str) -> Journey:
    """Pause, resume or archive. When it returns, no batch of the engine is under way with the old status.

    In a paused journey nobody enters and nobody moves on; goals and exits still end runs. Archiving ends all runs.
    """
    with for_shop(shop):
        journey = Journey.objects.select_for_update().filter(shop_id=shop, key=key).first()
        if journey is None:
            raise not_found("journey")
        if status not in Status.values:
            raise VuelveError("bad_status", "A journey is live, paused or archived.", field="status")
        wanted = Status(status)
        if journey.status == wanted:
            return journey
        if wanted not in STATUS_CHANGES[Status(journey.status)]:
            raise conflict(
                "bad_status_change", f"A journey cannot go from {journey.status} to {wanted}.", field="status"
            )
        if wanted == Status.LIVE and journey.live_version_id is None:
            raise conflict("nothing_published", "The journey has no published version.", field="status")
        journey.status = wanted
        journey.save(update_fields=["status"])
        audit(shop=shop, actor=actor, action=STATUS_ACTIONS[wanted], target=key)
    return journey


def install_builtins(
    *,
    shop: ShopId,
    cross_sell_category: str = builtin.CAMERA,
    cross_sell_complements: Mapping[str, str] | None = builtin.CAMERA_COMPLEMENTS,
    cross_sell_options: Sequence[builtin.Option] = (),
    actor: str = "system",
) -> list[Version]:
    """Publish the built-in journeys that the shop does not have yet, with their templates; returns those.

    What the shop has made of one before stays as it is. `builtin.CrossSell` says what the parameters mean.
    """
    cross_sell = builtin.CrossSell(
        category=cross_sell_category,
        complements=cross_sell_complements,
        options=tuple(cross_sell_options),
    )
    shop_facts = facts(shop)
    installed = []
    with for_shop(shop):
        present = set(Journey.objects.filter(shop_id=shop).values_list("key", flat=True))
        for key in builtin.KEYS:
            if key in present:
                continue
            found = builtin.read(key, shop_facts, cross_sell)
            for template in found.templates:
                publish_template(
                    shop=shop,
                    key=template.key,
                    name=template.name,
                    channel="email",
                    purpose=template.purpose,
                    contents=template.contents,
                )
            installed.append(
                publish(
                    shop=shop,
                    key=key,
                    name=found.name,
                    description=found.description,
                    graph=found.graph,
                    actor=actor,
                )
            )
    return installed


def _kind(step: Step) -> StepKind:
    kind = registry.steps.get(step.type)
    if kind is None:
        raise VuelveError(
            "graph_unknown_step_type",
            f"There is no step type `{step.type}`.",
            field=f"steps.{step.key}.type",
            hint="Known: " + ", ".join(sorted(registry.steps)) + ".",
        )
    return kind


def _trees(graph: Graph) -> list[tuple[str, str, Tree]]:
    """Every tree outside of steps: (path, the event that it looks at, tree)."""
    found = [("entry.conditions", graph.entry.event, graph.entry.conditions)]
    if graph.goal is not None:
        found.append(("goal.conditions", graph.goal.event, graph.goal.conditions))
    found += [
        (f"exits[{index}].conditions", exit_.event, exit_.conditions)
        for index, exit_ in enumerate(graph.exits)
    ]
    return [(path, event, tree) for path, event, tree in found if tree is not None]


def _step_trees(graph: Graph) -> list[Tree]:
    found: list[Tree] = []
    for step in graph.steps.values():
        kind = registry.steps[step.type]
        if isinstance(kind, DecidingStep):
            found += kind.conditions(step.config)
    return found
