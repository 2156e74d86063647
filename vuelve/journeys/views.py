"""The list of journeys, and one journey: its graph with live counts, its state, its versions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from vuelve.channels.queries import template_names
from vuelve.journeys import queries, rules, services
from vuelve.journeys.contracts import ENTRY_STEP, Graph
from vuelve.journeys.layout import Drawing, Edge, Node, draw
from vuelve.journeys.models import Journey, Status, Version
from vuelve.journeys.queries import JourneyCounts, StepCounts
from vuelve.journeys.wording import ending_lines, event_label, outcome_label, reentry_text, status_tone
from vuelve.platform.db import raw_cursor
from vuelve.platform.errors import not_found
from vuelve.platform.extension import Text, registry
from vuelve.platform.ui.components import Crumb
from vuelve.platform.ui.formats import number
from vuelve.segments import services as segments
from vuelve.shops.http import ShopRequest
from vuelve.shops.permissions import may_edit_journeys, require


@dataclass(frozen=True, slots=True)
class DrawnStep:
    """A box of the graph, or a line of the table that says the same."""

    node: Node
    title: Text
    summary: Text
    counts: StepCounts
    href: str  # the messages that the step has sent; '' for other steps
    lines: tuple[str, ...] = ()  # conditions, in words


@dataclass(frozen=True, slots=True)
class DrawnEdge:
    points: str
    label: str
    x: int
    y: int


@require_GET
def journeys(request: ShopRequest) -> HttpResponse:
    counts = queries.journey_counts(raw_cursor(), request.shop_id)
    rows = [
        {
            "journey": journey,
            "tone": status_tone(journey.status),
            "entry": event_label(journey.live_version.graph["entry"]["event"])
            if journey.live_version
            else "",
            "counts": counts.get(journey.pk, JourneyCounts()),
        }
        for journey in Journey.objects.filter(shop_id=request.shop_id)
        .exclude(status=Status.ARCHIVED)
        .select_related("live_version")
        .order_by("name")
    ]
    return render(request, "journeys/list.html", {"rows": rows})


@require_GET
def journey(request: ShopRequest, key: str) -> HttpResponse:
    """`?version=N` shows an earlier version with its own counts."""
    found = _journey(request, key)
    versions = list(found.versions.order_by("-number"))
    version = _chosen(versions, found, request)
    context: dict[str, Any] = {
        "journey": found,
        "tone": status_tone(found.status),
        "version": version,
        "versions": versions,
        "crumbs": [Crumb(_("Journeys"), reverse("journeys", kwargs={"shop_slug": request.shop.slug}))],
        "may_edit": may_edit_journeys(request.membership),
    }
    if version is not None:
        counts = queries.step_counts(raw_cursor(), request.shop_id, journey=found.pk, version=version.pk)
        graph = rules.parse(version.graph)
        drawing = draw(graph, registry.steps)
        steps = _steps(request, found, graph, drawing, counts)
        inside = sum(one.standing for one in counts.values())
        context |= {
            "drawing": drawing,
            "steps": steps,
            "edges": [_edge(graph, edge) for edge in drawing.edges],
            "inside": inside,
            "pause_text": _pause_text(inside),
            "reentry": reentry_text(graph.entry.reentry),
            "endings": ending_lines(graph),
        }
    return render(request, "journeys/journey.html", context)


@require_POST
def set_status(request: ShopRequest, key: str) -> HttpResponse:
    require(may_edit_journeys(request.membership))
    changed = services.set_status(
        shop=request.shop_id, key=key, status=request.POST.get("status", ""), actor=request.user.email
    )
    texts = {
        Status.LIVE: _("%(name)s is live again."),
        Status.PAUSED: _("%(name)s is paused. Everybody inside keeps their place."),
        Status.ARCHIVED: _("%(name)s is archived."),
    }
    messages.success(request, texts[Status(changed.status)] % {"name": changed.name})
    return redirect("journey", shop_slug=request.shop.slug, key=key)


def _journey(request: ShopRequest, key: str) -> Journey:
    found = Journey.objects.select_related("live_version").filter(shop_id=request.shop_id, key=key).first()
    if found is None:
        raise not_found("journey")
    return found


def _chosen(versions: list[Version], found: Journey, request: HttpRequest) -> Version | None:
    asked = request.GET.get("version", "")
    for version in versions:
        if str(version.number) == asked:
            return version
    return found.live_version


def _steps(
    request: ShopRequest, found: Journey, graph: Graph, drawing: Drawing, counts: Mapping[str, StepCounts]
) -> list[DrawnStep]:
    messages_url = reverse("messages", kwargs={"shop_slug": request.shop.slug})
    names = template_names(request.shop_id)
    steps = []
    for node in sorted(drawing.nodes, key=lambda node: (node.y, node.x)):
        is_entry = node.key == ENTRY_STEP
        template = "" if is_entry else str(graph.steps[node.key].config.get("template", ""))
        sends = not is_entry and "sent" in graph.steps[node.key].next
        steps.append(
            DrawnStep(
                node=node,
                title=event_label(graph.entry.event) if is_entry else names.get(template, node.label),
                summary=_("Entry") if is_entry else node.label if template in names else node.summary,
                counts=counts.get(node.key, StepCounts()),
                href=f"{messages_url}?journey={found.pk}&step={node.key}" if sends else "",
                lines=_condition_lines(graph, node.key),
            )
        )
    return steps


def _condition_lines(graph: Graph, key: str) -> tuple[str, ...]:
    if key == ENTRY_STEP:
        tree = graph.entry.conditions
        return (segments.describe(tree),) if tree else ()
    branches = graph.steps[key].config.get("branches", ())
    return tuple(
        f"{outcome_label(str(one['name']))}: {segments.describe(one['conditions'])}" for one in branches
    )


def _edge(graph: Graph, edge: Edge) -> DrawnEdge:
    """A step with one way out needs no label on it."""
    is_only_way = edge.source == ENTRY_STEP or len(set(graph.steps[edge.source].next)) == 1
    label = "" if is_only_way else " · ".join(outcome_label(outcome) for outcome in edge.outcomes)
    return DrawnEdge(
        points=" ".join(f"{x},{y}" for x, y in edge.points),
        label=label,
        x=edge.label_at[0],
        y=edge.label_at[1],
    )


def _pause_text(inside: int) -> str:
    return ngettext(
        "Nobody enters any more, and the %(count)s customer inside stands still until you resume it.",
        "Nobody enters any more, and the %(count)s customers inside stand still until you resume it.",
        inside,
    ) % {"count": number(inside)}
