"""The shape of condition trees: checked before anything else looks at them, walked, described. Pure.

{"all": [...]}, {"any": [...]}, {"not": {...}}, or a leaf {"type": KIND, ...}.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext

from vuelve.platform import limits
from vuelve.platform.conditions import Fields, read_list
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import ConditionKind

Tree = Mapping[str, Any]
Kinds = Mapping[str, ConditionKind]

BRANCHES = ("all", "any", "not")


def check_tree(tree: object, kinds: Kinds, path: str) -> None:
    """Raise VuelveError for the first thing that is wrong, with its path, e.g. `conditions.all[1].count.value`."""
    promoted = 0
    for leaf, at in list(_checked_leaves(tree, path, depth=1, counter=[0])):
        fields = Fields(leaf, at)
        kind = kinds.get(fields.text("type", chars_max=limits.TRAIT_NAME_CHARS_MAX))
        if kind is None:
            raise VuelveError(
                "unknown_condition",
                "There is no such kind of condition.",
                field=fields.at("type"),
                hint="Use one of: " + ", ".join(sorted(kinds)) + ".",
            )
        kind.check(leaf, at)
        promoted += len(kind.promotions(leaf, trigger=""))
    if promoted > limits.CONDITION_LEAVES_MAX:
        raise VuelveError(
            "too_many_conditions",
            f"The condition looks {promoted} times at properties of events.",
            field=path,
            hint=f"At most {limits.CONDITION_LEAVES_MAX} times: each is a join.",
        )
    chars = len(canonical(tree))
    if chars > limits.CONDITION_CHARS_MAX:
        raise VuelveError(
            "condition_too_large",
            f"The condition has {chars} characters.",
            field=path,
            hint=f"At most {limits.CONDITION_CHARS_MAX}.",
        )


def canonical(tree: object) -> str:
    """The same text for the same tree, whatever the order of its fields. ValueError if it is no JSON."""
    return json.dumps(tree, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def parsed(text: str) -> Tree:
    """The tree of a `canonical` text."""
    tree: Tree = json.loads(text)
    return tree


def leaves_of(tree: Tree, path: str = "") -> Iterator[tuple[Mapping[str, Any], str]]:
    """The leaves of a checked tree with their paths, in the order of reading."""
    for branch in BRANCHES:
        if branch in tree:
            if branch == "not":
                yield from leaves_of(tree[branch], f"{path}.{branch}")
                return
            for index, child in enumerate(tree[branch]):
                yield from leaves_of(child, f"{path}.{branch}[{index}]")
            return
    yield tree, path


def segments_used(tree: Tree) -> frozenset[int]:
    """The segments that a checked tree looks at."""
    return frozenset(leaf["segment"] for leaf, _path in leaves_of(tree) if leaf["type"] == "segment")


def describe_tree(tree: Tree, kinds: Kinds) -> str:
    """The tree for people, in the active language: one line a leaf, branches indented below their heading."""
    return "\n".join(_lines(tree, kinds, depth=0))


def _checked_leaves(
    node: object, path: str, *, depth: int, counter: list[int]
) -> Iterator[tuple[Mapping[str, Any], str]]:
    # Looked at before going down: a tree of a million levels costs no more than one of seven.
    if depth > limits.CONDITION_DEPTH_MAX:
        raise VuelveError(
            "too_deep",
            "The condition is nested too deep.",
            field=path,
            hint=f"At most {limits.CONDITION_DEPTH_MAX} levels.",
        )
    fields = Fields(node, path)
    branch = next((name for name in BRANCHES if fields.has(name)), None)
    if branch is None:
        counter[0] += 1
        if counter[0] > limits.CONDITION_LEAVES_MAX:
            raise VuelveError(
                "too_many_conditions",
                f"There are more than {limits.CONDITION_LEAVES_MAX} conditions.",
                field=path,
                hint="Use `in` for a list of values.",
            )
        assert isinstance(node, Mapping)
        yield node, path
        return
    below, at = fields.get(branch), fields.at(branch)
    if fields.has("type"):
        raise VuelveError(
            "unknown_field", "A branch has no `type`.", field=fields.at("type"), hint="Remove one."
        )
    fields.end()
    if branch == "not":
        yield from _checked_leaves(below, at, depth=depth + 1, counter=counter)
        return
    for index, child in enumerate(read_list(below, at)):
        yield from _checked_leaves(child, f"{at}[{index}]", depth=depth + 1, counter=counter)


def _lines(node: Tree, kinds: Kinds, depth: int) -> Iterator[str]:
    indent = "  " * depth
    headings = {"all": gettext("All of:"), "any": gettext("Any of:"), "not": gettext("Not:")}
    for branch, heading in headings.items():
        if branch in node:
            children = [node[branch]] if branch == "not" else node[branch]
            yield indent + heading
            for child in children:
                yield from _lines(child, kinds, depth + 1)
            return
    yield indent + kinds[node["type"]].describe(node)
