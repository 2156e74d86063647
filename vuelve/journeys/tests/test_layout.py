"""The drawing of a graph: nothing overlaps, every edge runs down and ends where it should."""

from itertools import combinations, pairwise
from typing import Any

from django.utils import translation
from hypothesis import given

from vuelve.journeys import layout, rules
from vuelve.journeys.contracts import ENTRY_STEP, Graph
from vuelve.journeys.steps import Exit, Split, Wait
from vuelve.journeys.tests.test_rules import forward_graphs, graph

KINDS: dict[str, Any] = {kind.key: kind for kind in (Wait(), Split(), Exit())}


def test_nodes_carry_what_a_person_reads() -> None:
    data = graph()
    data["steps"]["split"]["config"] = {"branches": [{"name": "a", "conditions": {}}]}
    with translation.override("en"):
        drawing = layout.draw(rules.parse(data), KINDS)
    nodes = {node.key: node for node in drawing.nodes}
    assert nodes["wait"].summary == "1 day"
    assert nodes[ENTRY_STEP].label == "Order Completed"
    assert (nodes[ENTRY_STEP].kind, nodes["wait"].kind) == ("entry", "wait")
    assert nodes["wait"].icon == "clock"
    # Both ways of the split lead to the same step: one line, both names.
    (edge,) = [edge for edge in drawing.edges if edge.source == "split"]
    assert edge.outcomes == ("a", "otherwise")
    assert edge.label == "a · otherwise"


@given(forward_graphs())
def test_nothing_overlaps_and_edges_run_down_at_right_angles(drawn: Graph) -> None:
    drawing = layout.draw(drawn, {})
    nodes = {node.key: node for node in drawing.nodes}
    assert nodes.keys() == drawn.steps.keys() | {ENTRY_STEP}
    for node in drawing.nodes:
        assert node.x >= 0
        assert node.x + node.w <= drawing.width
        assert node.y + node.h <= drawing.height
    for one, other in combinations(drawing.nodes, 2):
        assert one.y != other.y or one.x + one.w <= other.x or other.x + other.w <= one.x
    links = {(step.key, target) for step in drawn.steps.values() for target in step.next.values()}
    assert {(edge.source, edge.target) for edge in drawing.edges} == links | {(ENTRY_STEP, drawn.first)}
    for edge in drawing.edges:
        source, target = nodes[edge.source], nodes[edge.target]
        assert edge.points[0][1] == source.y + source.h
        assert edge.points[-1][1] == target.y
        assert source.x <= edge.points[0][0] <= source.x + source.w
        assert target.x <= edge.points[-1][0] <= target.x + target.w
        for (x0, y0), (x1, y1) in pairwise(edge.points):
            assert x0 == x1 or y0 == y1
            assert y1 >= y0


@given(forward_graphs())
def test_no_edge_runs_through_a_box_of_another_step(drawn: Graph) -> None:
    drawing = layout.draw(drawn, {})
    for edge in drawing.edges:
        for node in drawing.nodes:
            if node.key in (edge.source, edge.target):
                continue
            for (x0, y0), (x1, y1) in pairwise(edge.points):
                left, right = min(x0, x1), max(x0, x1)
                inside = left < node.x + node.w and right > node.x and y0 < node.y + node.h and y1 > node.y
                assert not inside, (edge, node)


def test_an_order_without_crossings_is_found() -> None:
    # Two chains whose steps are named so that the order of the keys crosses them.
    data = {
        "entry": {"event": "A"},
        "first": "split",
        "steps": {
            "split": {"type": "x", "next": {"l": "left", "r": "right"}},
            "right": {"type": "x", "next": {"o": "a_right"}},
            "left": {"type": "x", "next": {"o": "z_left"}},
            "a_right": {"type": "x"},
            "z_left": {"type": "x"},
        },
    }
    nodes = {node.key: node for node in layout.draw(rules.parse(data), {}).nodes}
    assert (nodes["left"].x < nodes["right"].x) == (nodes["z_left"].x < nodes["a_right"].x)
