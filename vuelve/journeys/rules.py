"""Pure rules of graphs: reading them from JSON, and what makes one sound. No database, no clock."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from vuelve.journeys.contracts import Ending, Entry, Graph, Reentry, ReentryKind, Step
from vuelve.platform import limits
from vuelve.platform.errors import VuelveError

STEP_KEY = re.compile(r"^[a-z][a-z0-9_]{0,59}$")
PROPERTY_CHARS_MAX = limits.TRAIT_NAME_CHARS_MAX
EXITS_MAX = 10


def parse(data: Any) -> Graph:
    """A graph from its JSON. Raises VuelveError with the path of what is not well formed; knows nothing of step types."""
    body = _object(data, "", {"entry", "first", "steps"}, {"goal", "exits"})
    steps = _steps(body["steps"])
    first = _text(body["first"], "first", 60)
    if first not in steps:
        raise _dangling("first", first)
    exits = body.get("exits") or []
    if not isinstance(exits, Sequence) or isinstance(exits, str) or len(exits) > EXITS_MAX:
        raise _malformed("exits", f"must be a list of at most {EXITS_MAX}")
    entry = _entry(body["entry"])
    return Graph(
        entry=entry,
        goal=None if body.get("goal") is None else _ending(body["goal"], "goal"),
        exits=tuple(_ending(exit_, f"exits[{index}]") for index, exit_ in enumerate(exits)),
        first=first,
        steps=steps,
    )


def as_json(graph: Graph) -> dict[str, Any]:
    """The canonical JSON: every key present, so that two graphs that mean the same are equal."""
    reentry: dict[str, Any] = {"kind": graph.entry.reentry.kind.value}
    if graph.entry.reentry.kind == ReentryKind.PER_PROPERTY:
        reentry["property"] = graph.entry.reentry.property
    return {
        "entry": {
            "event": graph.entry.event,
            "conditions": _plain(graph.entry.conditions),
            "reentry": reentry,
        },
        "goal": None if graph.goal is None else ending_as_json(graph.goal),
        "exits": [ending_as_json(exit_) for exit_ in graph.exits],
        "first": graph.first,
        "steps": {
            step.key: {"type": step.type, "config": _plain(step.config), "next": dict(step.next)}
            for step in graph.steps.values()
        },
    }


def check_edges(graph: Graph, outcomes: Mapping[str, Sequence[str]]) -> None:
    """Raise VuelveError unless each outcome of each step has one edge to a step that exists, without cycles or islands.

    `outcomes` says by step key what edges may leave it; a step without any is an end.
    """
    for step in graph.steps.values():
        path = f"steps.{step.key}.next"
        for outcome, target in step.next.items():
            if outcome not in outcomes[step.key]:
                raise VuelveError(
                    "graph_unknown_outcome",
                    f"A step of type `{step.type}` has no outcome `{outcome}`.",
                    field=f"{path}.{outcome}",
                    hint="Its outcomes: " + (", ".join(outcomes[step.key]) or "none, it is an end") + ".",
                )
            if target not in graph.steps:
                raise _dangling(f"{path}.{outcome}", target)
        for outcome in outcomes[step.key]:
            if outcome not in step.next:
                raise VuelveError(
                    "graph_missing_edge",
                    f"Nothing follows when `{step.key}` ends with `{outcome}`.",
                    field=f"{path}.{outcome}",
                    hint="Lead it to another step, or to an exit.",
                )
    if cycle := find_cycle(graph):
        raise VuelveError(
            "graph_cycle",
            "The steps go round in a circle: " + " → ".join(cycle) + ".",
            field=f"steps.{cycle[0]}",
            hint="A run must come to an end; use re-entry to let a customer walk the journey again.",
        )
    reached = reachable(graph)
    if lost := [key for key in graph.steps if key not in reached]:
        raise VuelveError(
            "graph_unreachable_step",
            f"No way leads to {', '.join(f'`{key}`' for key in lost)}.",
            field=f"steps.{lost[0]}",
            hint="Lead an edge there, or remove the step.",
        )


def find_cycle(graph: Graph) -> list[str]:
    """The steps of one cycle, the first repeated at its end; empty if there is none. Edges to nowhere are ignored."""
    done: set[str] = set()
    for root in graph.steps:
        if root in done:
            continue
        path: list[str] = [root]
        onward = [iter(_targets(graph, root))]
        while path:
            target = next(onward[-1], None)
            if target is None:
                done.add(path.pop())
                onward.pop()
            elif target in path:
                return [*path[path.index(target) :], target]
            elif target not in done:
                path.append(target)
                onward.append(iter(_targets(graph, target)))
    return []


def reachable(graph: Graph) -> set[str]:
    seen: set[str] = set()
    ahead = [graph.first]
    while ahead:
        key = ahead.pop()
        if key not in seen and key in graph.steps:
            seen.add(key)
            ahead.extend(graph.steps[key].next.values())
    return seen


def ranks(graph: Graph) -> dict[str, int]:
    """By step, the length of the longest way to it from the first step; for graphs without cycles."""
    order = topological_order(graph)
    rank = dict.fromkeys(order, 0)
    for key in order:
        for target in graph.steps[key].next.values():
            rank[target] = max(rank[target], rank[key] + 1)
    return rank


def topological_order(graph: Graph) -> tuple[str, ...]:
    """Every step after all steps that lead to it; for graphs without cycles."""
    waiting_for = dict.fromkeys(graph.steps, 0)
    for step in graph.steps.values():
        for target in set(step.next.values()):
            waiting_for[target] += 1
    ready = sorted((key for key, count in waiting_for.items() if not count), reverse=True)
    order: list[str] = []
    while ready:
        key = ready.pop()
        order.append(key)
        for target in sorted(set(graph.steps[key].next.values()), reverse=True):
            waiting_for[target] -= 1
            if not waiting_for[target]:
                ready.append(target)
    return tuple(order)


def endings(graph: Graph) -> tuple[Ending, ...]:
    """The goal, if there is one, then the exits."""
    return (() if graph.goal is None else (graph.goal,)) + graph.exits


def matches_entry_key(graph: Graph, ending: Ending) -> bool:
    """Whether the property that an ending matches is the one that runs are keyed by."""
    reentry = graph.entry.reentry
    return (
        ending.match_data is None
        and reentry.kind == ReentryKind.PER_PROPERTY
        and ending.match == reentry.property
    )


def event_names(graph: Graph, *, entering: bool) -> set[str]:
    """The events that matter to runs of the graph, and, if `entering`, the one that begins them."""
    names = {ending.event for ending in endings(graph)}
    return names | {graph.entry.event} if entering else names


# --- reading ----------------------------------------------------------------------------------------


def _entry(data: Any) -> Entry:
    body = _object(data, "entry", {"event"}, {"conditions", "reentry"})
    reentry = _object(body.get("reentry") or {"kind": "once"}, "entry.reentry", {"kind"}, {"property"})
    if reentry["kind"] not in set(ReentryKind):
        raise _malformed("entry.reentry.kind", "must be one of " + ", ".join(ReentryKind))
    kind = ReentryKind(reentry["kind"])
    property_ = ""
    if kind == ReentryKind.PER_PROPERTY:
        property_ = _text(reentry.get("property"), "entry.reentry.property", PROPERTY_CHARS_MAX)
    elif reentry.get("property"):
        raise _malformed("entry.reentry.property", "belongs to `per_property` only")
    return Entry(
        event=_text(body["event"], "entry.event", limits.EVENT_NAME_CHARS_MAX),
        conditions=_tree(body.get("conditions"), "entry.conditions"),
        reentry=Reentry(kind, property_),
    )


def _ending(data: Any, path: str) -> Ending:
    body = _object(data, path, {"event"}, {"conditions", "match", "match_data"})
    match = body.get("match")
    match_data = body.get("match_data")
    if match_data is not None and match is None:
        raise _malformed(f"{path}.match", "must name the property that is compared with `match_data`")
    return Ending(
        event=_text(body["event"], f"{path}.event", limits.EVENT_NAME_CHARS_MAX),
        conditions=_tree(body.get("conditions"), f"{path}.conditions"),
        match=None if match is None else _text(match, f"{path}.match", PROPERTY_CHARS_MAX),
        match_data=None
        if match_data is None
        else _text(match_data, f"{path}.match_data", PROPERTY_CHARS_MAX),
    )


def _steps(data: Any) -> dict[str, Step]:
    if not isinstance(data, Mapping) or not data:
        raise _malformed("steps", "must be an object with at least one step")
    if len(data) > limits.JOURNEY_STEPS_MAX:
        raise VuelveError(
            "graph_too_large",
            f"The journey has {len(data)} steps.",
            field="steps",
            hint=f"At most {limits.JOURNEY_STEPS_MAX}.",
        )
    return {key: _step(key, value) for key, value in data.items()}


def _step(key: Any, data: Any) -> Step:
    path = f"steps.{key}"
    if not isinstance(key, str) or not STEP_KEY.match(key):
        raise _malformed(path, "a step's key is a lower-case letter, then letters, digits and _, 60 at most")
    body = _object(data, path, {"type"}, {"config", "next"})
    config = body.get("config") or {}
    if not isinstance(config, Mapping):
        raise _malformed(f"{path}.config", "must be an object")
    edges = body.get("next") or {}
    if not isinstance(edges, Mapping):
        raise _malformed(f"{path}.next", "must be an object: outcome to step")
    return Step(
        key=key,
        type=_text(body["type"], f"{path}.type", 60),
        config=config,
        next={
            _text(outcome, f"{path}.next", 60): _text(target, f"{path}.next.{outcome}", 60)
            for outcome, target in edges.items()
        },
    )


def _tree(data: Any, path: str) -> Mapping[str, Any] | None:
    if data is not None and not isinstance(data, Mapping):
        raise _malformed(path, "must be a condition tree or null")
    return data or None


def _object(data: Any, path: str, required: set[str], optional: set[str]) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise _malformed(path, "must be an object")
    if missing := sorted(required - data.keys()):
        raise _malformed(f"{path}.{missing[0]}".lstrip("."), "is missing")
    if unknown := sorted(str(key) for key in data.keys() - required - optional):
        raise _malformed(f"{path}.{unknown[0]}".lstrip("."), "is not known here")
    return data


def _text(data: Any, path: str, chars_max: int) -> str:
    if not isinstance(data, str) or not data or len(data) > chars_max or "\x00" in data:
        raise _malformed(path, f"must be a text of 1 to {chars_max} characters")
    return data


def _malformed(path: str, what: str) -> VuelveError:
    return VuelveError("graph_malformed", f"`{path or 'graph'}` {what}.", field=path or None)


def _dangling(path: str, target: str) -> VuelveError:
    return VuelveError(
        "graph_dangling_edge",
        f"There is no step `{target}`.",
        field=path,
        hint="Lead the edge to a step of this journey.",
    )


def _targets(graph: Graph, key: str) -> list[str]:
    return [target for target in graph.steps[key].next.values() if target in graph.steps]


def ending_as_json(ending: Ending) -> dict[str, Any]:
    body: dict[str, Any] = {
        "event": ending.event,
        "conditions": _plain(ending.conditions),
        "match": ending.match,
    }
    return body if ending.match_data is None else body | {"match_data": ending.match_data}


def _plain(value: Any) -> Any:
    """Mappings and sequences as JSON has them."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value
