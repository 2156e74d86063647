"""Graphs that must be refused, each with its code and the path of what is wrong."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vuelve.journeys import rules
from vuelve.journeys.contracts import Graph, ReentryKind
from vuelve.platform import limits
from vuelve.platform.errors import VuelveError


def graph(**changes: Any) -> dict[str, Any]:
    """wait -> split -> (a | otherwise) -> end"""
    return {
        "entry": {"event": "Order Completed"},
        "first": "wait",
        "steps": {
            "wait": {"type": "wait", "config": {"days": 1}, "next": {"done": "split"}},
            "split": {"type": "split", "next": {"a": "end", "otherwise": "end"}},
            "end": {"type": "exit"},
        },
    } | changes


OUTCOMES = {"wait": ["done"], "split": ["a", "otherwise"], "end": [], "island": []}


def refused(data: Any) -> VuelveError:
    with pytest.raises(VuelveError) as caught:
        rules.check_edges(rules.parse(data), OUTCOMES)
    return caught.value


def test_a_sound_graph_is_read_and_written_back_complete() -> None:
    parsed = rules.parse(graph())
    rules.check_edges(parsed, OUTCOMES)
    assert parsed.entry.reentry.kind == ReentryKind.ONCE
    written = rules.as_json(parsed)
    assert written["goal"] is None
    assert written["exits"] == []
    assert written["steps"]["end"] == {"type": "exit", "config": {}, "next": {}}
    assert rules.parse(written) == parsed


def test_what_may_be_left_out_changes_nothing() -> None:
    said = graph(
        goal=None,
        exits=[],
        entry={"event": "Order Completed", "conditions": None, "reentry": {"kind": "once"}},
    )
    assert rules.as_json(rules.parse(said)) == rules.as_json(rules.parse(graph()))


def test_a_cycle_is_named_step_by_step() -> None:
    data = graph()
    data["steps"]["split"]["next"]["a"] = "wait"
    error = refused(data)
    assert error.code == "graph_cycle"
    assert error.field == "steps.wait"
    assert "wait → split → wait" in error.message


def test_a_step_that_leads_to_itself_is_a_cycle() -> None:
    data = graph()
    data["steps"]["wait"]["next"]["done"] = "wait"
    assert refused(data).code == "graph_cycle"


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("first", lambda data: data.update(first="nowhere")),
        ("steps.wait.next.done", lambda data: data["steps"]["wait"]["next"].update(done="nowhere")),
    ],
)
def test_an_edge_to_no_step_is_dangling(path: str, change: Any) -> None:
    data = graph()
    change(data)
    error = refused(data)
    assert (error.code, error.field) == ("graph_dangling_edge", path)


def test_an_outcome_without_an_edge() -> None:
    data = graph()
    del data["steps"]["split"]["next"]["otherwise"]
    error = refused(data)
    assert (error.code, error.field) == ("graph_missing_edge", "steps.split.next.otherwise")


def test_an_edge_for_no_outcome() -> None:
    data = graph()
    data["steps"]["end"]["next"] = {"done": "wait"}
    error = refused(data)
    assert (error.code, error.field) == ("graph_unknown_outcome", "steps.end.next.done")


def test_a_step_that_no_way_leads_to() -> None:
    data = graph()
    data["steps"]["island"] = {"type": "exit"}
    error = refused(data)
    assert (error.code, error.field) == ("graph_unreachable_step", "steps.island")


def test_too_many_steps() -> None:
    data = graph()
    data["steps"] = {f"s{index}": {"type": "exit"} for index in range(limits.JOURNEY_STEPS_MAX + 1)}
    assert refused(data).code == "graph_too_large"


@pytest.mark.parametrize(
    ("field", "change"),
    [
        (None, lambda _: []),
        ("steps", lambda data: data | {"steps": {}}),
        ("steps", lambda data: data | {"steps": []}),
        ("entry", lambda data: data | {"entry": "Order Completed"}),
        ("entry.event", lambda data: data | {"entry": {}}),
        ("entry.event", lambda data: data | {"entry": {"event": "x" * 201}}),
        ("entry.event", lambda data: data | {"entry": {"event": "a\x00b"}}),
        ("entry.conditions", lambda data: data | {"entry": {"event": "A", "conditions": [1]}}),
        ("entry.reentry.kind", lambda data: data | {"entry": {"event": "A", "reentry": {"kind": "often"}}}),
        (
            "entry.reentry.property",
            lambda data: data | {"entry": {"event": "A", "reentry": {"kind": "per_property"}}},
        ),
        (
            "entry.reentry.property",
            lambda data: (
                data | {"entry": {"event": "A", "reentry": {"kind": "once", "property": "order_id"}}}
            ),
        ),
        ("exit", lambda data: data | {"exit": []}),
        ("exits", lambda data: data | {"exits": {"event": "A"}}),
        ("exits", lambda data: data | {"exits": [{"event": "A"}] * (rules.EXITS_MAX + 1)}),
        ("exits[1].event", lambda data: data | {"exits": [{"event": "A"}, {}]}),
        ("goal.match", lambda data: data | {"goal": {"event": "A", "match_data": "coupon.code"}}),
        ("goal.match", lambda data: data | {"goal": {"event": "A", "match": ""}}),
        ("steps.Wait", lambda data: data | {"steps": {"Wait": {"type": "exit"}}}),
        ("steps.w.type", lambda data: data | {"steps": {"w": {}}}),
        ("steps.w.next", lambda data: data | {"steps": {"w": {"type": "exit", "next": ["x"]}}}),
        ("steps.w.config", lambda data: data | {"steps": {"w": {"type": "exit", "config": [1]}}}),
    ],
)
def test_what_is_not_well_formed(field: str | None, change: Any) -> None:
    error = refused(change(graph()))
    assert (error.code, error.field) == ("graph_malformed", field)


def _random_graph(draw: st.DrawFn, *, forward: bool) -> Graph:
    count = draw(st.integers(2, 9))
    steps: dict[str, Any] = {}
    for index in range(count):
        low = index + 1 if forward else 0
        targets = draw(st.lists(st.integers(low, count - 1), max_size=3)) if low < count else []
        steps[f"s{index}"] = {"type": "x", "next": {f"o{n}": f"s{t}" for n, t in enumerate(targets)}}
    return rules.parse({"entry": {"event": "A"}, "first": "s0", "steps": steps})


@st.composite
def forward_graphs(draw: st.DrawFn) -> Graph:
    return _random_graph(draw, forward=True)


@st.composite
def any_graphs(draw: st.DrawFn) -> Graph:
    return _random_graph(draw, forward=False)


@given(forward_graphs())
def test_without_cycles_every_step_comes_after_those_that_lead_to_it(drawn: Graph) -> None:
    assert rules.find_cycle(drawn) == []
    order = rules.topological_order(drawn)
    rank = rules.ranks(drawn)
    assert sorted(order) == sorted(drawn.steps)
    for step in drawn.steps.values():
        for target in step.next.values():
            assert order.index(step.key) < order.index(target)
            assert rank[step.key] < rank[target]


@given(any_graphs())
def test_a_cycle_that_is_found_is_one_and_none_is_missed(drawn: Graph) -> None:
    cycle = rules.find_cycle(drawn)
    for upper, lower in pairwise(cycle):
        assert lower in drawn.steps[upper].next.values()
    # Kahn's algorithm leaves out exactly the steps on or behind a cycle.
    assert bool(cycle) == (len(rules.topological_order(drawn)) < len(drawn.steps))
