"""Where the steps of a graph stand when it is drawn, and how the edges run. Pure; units are CSS pixels.

Layered from top to bottom: the rank of a step is its longest way from the entry, so every edge points down; an edge
over several ranks gets a bend in each; the order in a rank is swept towards few crossings (barycentre), and the
places are the nearest ones to the neighbours' that leave a gap (least squares under an order: pool adjacent violators).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from vuelve.journeys import rules
from vuelve.journeys.contracts import ENTRY_STEP, Graph, Step
from vuelve.platform.extension import StepKind, Text

NODE_WIDTH = 168  # six side by side fit a page of 1440
NODE_HEIGHT = 64
GAP_X = 14
GAP_Y = 72
BEND_WIDTH = 24  # an edge that passes a rank takes this much room
MARGIN = 16
SWEEPS = 12

Point = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Node:
    """A box; `x`, `y` is its upper left corner. The entry has the key '' and the kind `entry`."""

    key: str
    kind: str
    icon: str
    label: Text
    summary: Text
    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True, slots=True)
class Edge:
    """A polyline of right angles from `source` down to `target`; several outcomes with one target share it."""

    source: str
    target: str
    outcomes: tuple[str, ...]
    label: str
    points: tuple[Point, ...]
    label_at: Point


@dataclass(frozen=True, slots=True)
class Drawing:
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    width: int
    height: int


@dataclass(slots=True)
class _Spot:
    """A node, or a bend of an edge, in its rank. `above` and `below` index the spots of the ranks next to it."""

    name: str
    rank: int
    width: int
    centre: float = 0.0


def draw(graph: Graph, kinds: Mapping[str, StepKind]) -> Drawing:
    """The drawing of a sound graph (see `rules.check_edges`)."""
    ways = {key: _ways(step, kinds) for key, step in graph.steps.items()}
    ranks = rules.ranks(graph)
    rank = {ENTRY_STEP: 0} | {key: ranks[key] + 1 for key in _reading_order(graph, ways)}
    links = _links(graph, ways)
    layers, chains = _layers(rank, links)
    neighbours_up, neighbours_down = _neighbours(chains)
    _sweep(layers, neighbours_up, neighbours_down)
    spots = _place(layers, neighbours_up, neighbours_down)

    left = min(spot.centre - spot.width / 2 for spot in spots.values())
    for spot in spots.values():
        spot.centre += MARGIN - left
    nodes = tuple(_node(graph, kinds, key, spots[key]) for key in rank)
    edges = tuple(_edge(spots, layers, chain, outcomes) for chain, outcomes in chains)
    return Drawing(
        nodes=nodes,
        edges=edges,
        width=round(max(spot.centre + spot.width / 2 for spot in spots.values())) + MARGIN,
        height=_top(max(rank.values())) + NODE_HEIGHT + MARGIN,
    )


def _ways(step: Step, kinds: Mapping[str, StepKind]) -> list[tuple[str, str]]:
    """(outcome, target) in the order in which the step names its outcomes: a stored graph's keys have lost theirs."""
    kind = kinds.get(step.type)
    named = list(kind.outcomes(step.config)) if kind else []
    known = [outcome for outcome in named if outcome in step.next]
    return [(outcome, step.next[outcome]) for outcome in [*known, *(step.next.keys() - known)]]


def _reading_order(graph: Graph, ways: Mapping[str, list[tuple[str, str]]]) -> list[str]:
    """Every step once, breadth first from the entry: branches stand from left to right as they are written."""
    order = [graph.first]
    for key in order:
        order += [target for _outcome, target in ways[key] if target not in order]
    return [*order, *(key for key in graph.steps if key not in order)]


def _links(graph: Graph, ways: Mapping[str, list[tuple[str, str]]]) -> dict[tuple[str, str], tuple[str, ...]]:
    """Outcomes by (source, target)."""
    links: dict[tuple[str, str], tuple[str, ...]] = {(ENTRY_STEP, graph.first): ()}
    for key in graph.steps:
        for outcome, target in ways[key]:
            links[key, target] = (*links.get((key, target), ()), outcome)
    return links


def _layers(
    rank: Mapping[str, int], links: Mapping[tuple[str, str], tuple[str, ...]]
) -> tuple[list[list[_Spot]], list[tuple[list[str], tuple[str, ...]]]]:
    """Spots by rank, and for each link the names of the spots it runs through."""
    layers: list[list[_Spot]] = [[] for _ in range(max(rank.values()) + 1)]
    for key, value in rank.items():
        layers[value].append(_Spot(key, value, NODE_WIDTH))
    chains = []
    for (source, target), outcomes in links.items():
        chain = [source]
        for between in range(rank[source] + 1, rank[target]):
            bend = _Spot(f"{source}>{target}@{between}", between, BEND_WIDTH)
            layers[between].append(bend)
            chain.append(bend.name)
        chains.append(([*chain, target], outcomes))
    return layers, chains


def _neighbours(
    chains: Sequence[tuple[list[str], tuple[str, ...]]],
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    up: dict[str, list[str]] = {}
    down: dict[str, list[str]] = {}
    for chain, _ in chains:
        for upper, lower in pairwise(chain):
            down.setdefault(upper, []).append(lower)
            up.setdefault(lower, []).append(upper)
    return up, down


def _sweep(layers: list[list[_Spot]], up: Mapping[str, list[str]], down: Mapping[str, list[str]]) -> None:
    """Reorder the ranks in place; the best order seen stays."""
    best = [list(layer) for layer in layers]
    fewest = _crossings(layers, down)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        downwards = sweep % 2 == 0
        toward = up if downwards else down
        for index in range(1, len(layers)) if downwards else range(len(layers) - 2, -1, -1):
            fixed = layers[index - 1 if downwards else index + 1]
            place = {spot.name: position for position, spot in enumerate(fixed)}
            own = {spot.name: position for position, spot in enumerate(layers[index])}
            layers[index].sort(key=lambda spot: _barycentre(spot.name, toward, place, own))
        if (count := _crossings(layers, down)) < fewest:
            fewest, best = count, [list(layer) for layer in layers]
    layers[:] = best


def _barycentre(
    name: str, toward: Mapping[str, list[str]], place: Mapping[str, int], own: Mapping[str, int]
) -> float:
    near = [place[other] for other in toward.get(name, ())]
    return sum(near) / len(near) if near else float(own[name])


def _crossings(layers: Sequence[Sequence[_Spot]], down: Mapping[str, list[str]]) -> int:
    count = 0
    for upper, lower in pairwise(layers):
        place = {spot.name: position for position, spot in enumerate(lower)}
        ends = [[place[other] for other in down.get(spot.name, ())] for spot in upper]
        for index, left in enumerate(ends):
            for right in ends[index + 1 :]:
                count += sum(1 for a in left for b in right if a > b)
    return count


def _place(
    layers: Sequence[Sequence[_Spot]], up: Mapping[str, list[str]], down: Mapping[str, list[str]]
) -> dict[str, _Spot]:
    """Give every spot its centre: first side by side, then towards the neighbours, downwards and upwards in turn."""
    spots = {spot.name: spot for layer in layers for spot in layer}
    for layer in layers:
        _apart(layer, [index * (NODE_WIDTH + GAP_X) for index in range(len(layer))])
    for sweep in range(SWEEPS):
        downwards = sweep % 2 == 0
        toward = up if downwards else down
        for layer in layers if downwards else reversed(layers):
            wanted = []
            for spot in layer:
                near = [spots[other].centre for other in toward.get(spot.name, ())]
                wanted.append(sum(near) / len(near) if near else spot.centre)
            _apart(layer, wanted)
    return spots


def _apart(layer: Sequence[_Spot], wanted: Sequence[float]) -> None:
    """The centres nearest to `wanted` (least squares) that keep the order and a gap."""
    offsets = [0.0]
    for left, right in pairwise(layer):
        offsets.append(offsets[-1] + (left.width + right.width) / 2 + GAP_X)
    blocks: list[list[float]] = []  # sum of targets, count
    for value, offset in zip(wanted, offsets, strict=True):
        blocks.append([value - offset, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += count
    means = [total / count for total, count in blocks for _ in range(int(count))]
    for spot, mean, offset in zip(layer, means, offsets, strict=True):
        spot.centre = mean + offset


def _top(rank: int) -> int:
    return MARGIN + rank * (NODE_HEIGHT + GAP_Y)


def _node(graph: Graph, kinds: Mapping[str, StepKind], key: str, spot: _Spot) -> Node:
    kind, icon = "entry", "bolt"
    label: Text = graph.entry.event
    summary: Text = ""
    if key != ENTRY_STEP:
        step = graph.steps[key]
        kind = step.type
        known = kinds.get(step.type)
        icon = known.icon if known else "question-mark-circle"
        label = known.label if known else step.type
        summary = known.summary(step.config) if known else ""
    return Node(
        key=key,
        kind=kind,
        icon=icon,
        label=label,
        summary=summary,
        x=round(spot.centre - NODE_WIDTH / 2),
        y=_top(spot.rank),
        w=NODE_WIDTH,
        h=NODE_HEIGHT,
    )


def _edge(
    spots: Mapping[str, _Spot],
    layers: Sequence[Sequence[_Spot]],
    chain: Sequence[str],
    outcomes: tuple[str, ...],
) -> Edge:
    """From the source's lower side to the target's upper one; it turns in the gaps between the ranks.

    The sources of a rank turn at different heights, so that their level parts do not run into one another.
    """
    source = spots[chain[0]]
    points: list[Point] = [(round(source.centre), _top(source.rank) + NODE_HEIGHT)]
    for upper_name, lower_name in pairwise(chain):
        upper, lower = spots[upper_name], spots[lower_name]
        layer = layers[upper.rank]
        lane = next(index for index, spot in enumerate(layer) if spot is upper) + 1
        turn = _top(upper.rank) + NODE_HEIGHT + round(GAP_Y * lane / (2 * (len(layer) + 1)))
        if round(upper.centre) != round(lower.centre):
            points += [(round(upper.centre), turn), (round(lower.centre), turn)]
        points.append((round(lower.centre), _top(lower.rank)))
    return Edge(
        source=chain[0],
        target=chain[-1],
        outcomes=outcomes,
        label=" · ".join(outcomes),
        points=tuple(points),
        # Beside the first way down, in the lower half of the gap: above it the edges turn.
        label_at=(round(spots[chain[1]].centre), _top(source.rank + 1) - GAP_Y // 4),
    )
