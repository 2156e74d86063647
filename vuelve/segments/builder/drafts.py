"""A draft is a condition tree as a form holds it: complete or not, its fields texts as they were typed. Pure.

A form's names are paths: `t` is the outermost group, `t.0` its first node, `t.0.count.op` a field of that. Groups are `all`,
`any` and `none`, which people understand better than a `not` around an `any`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from vuelve.platform import limits
from vuelve.platform.errors import VuelveError
from vuelve.segments.tree import Tree

GROUPS = ("all", "any", "none")
ROOT = "t"
NODES_MAX = 2 * limits.CONDITION_LEAVES_MAX
FIELDS_MAX = 3_000  # of a form: 50 leaves of some ten fields, each with a list of comparisons

_INDEX = re.compile(r"[0-9]{1,3}")


@dataclass(frozen=True, slots=True)
class Draft:
    """A group with nodes below it, or a leaf with its fields as typed, by their names within the leaf (`count.op`)."""

    kind: str
    fields: Mapping[str, str] = field(default_factory=dict)
    below: "tuple[Draft, ...]" = ()

    @property
    def is_group(self) -> bool:
        return self.kind in GROUPS


EMPTY = Draft("all")


def read(form: Mapping[str, str]) -> Draft:
    """The draft that a form holds; what is not part of it is passed over. Raises VuelveError `too_large`."""
    if len(form) > FIELDS_MAX:
        raise VuelveError("too_large", "The form has too many fields.", hint="Remove some conditions.")
    found = _read({name: value for name, value in form.items() if name.startswith(f"{ROOT}.")}, ROOT, 1)
    return found if found.is_group else Draft("all", below=(found,))


def _read(form: Mapping[str, str], at: str, depth: int) -> Draft:
    kind = form.get(f"{at}.kind", "all")
    own = {name.removeprefix(f"{at}."): value for name, value in form.items() if name.startswith(f"{at}.")}
    if kind not in GROUPS:
        return Draft(kind, {name: value for name, value in own.items() if name != "kind"})
    if depth > limits.CONDITION_DEPTH_MAX:
        return Draft(kind)
    numbers = sorted({int(first) for name in own if _INDEX.fullmatch(first := name.partition(".")[0])})
    return Draft(kind, below=tuple(_read(form, f"{at}.{n}", depth + 1) for n in numbers[:NODES_MAX]))


def at_path(draft: Draft, path: str) -> Draft | None:
    """The node at a path such as `t.0.1`."""
    node = draft
    for part in path.split(".")[1:]:
        if not part.isdecimal() or not node.is_group or int(part) >= len(node.below):
            return None
        node = node.below[int(part)]
    return node


def with_node(draft: Draft, path: str, node: Draft | None) -> Draft:
    """The draft with another node at a path, or without it."""
    head, _dot, rest = path.partition(".")[2].partition(".")
    if not head:
        return node or EMPTY
    index = int(head)
    below = list(draft.below)
    if rest:
        below[index] = with_node(below[index], f"x.{rest}", node)
    elif node is None:
        del below[index]
    else:
        below[index] = node
    return replace(draft, below=tuple(below))


def added(draft: Draft, path: str, node: Draft) -> Draft:
    """The draft with a node more in the group at `path`; unchanged if there is no such group."""
    group = at_path(draft, path)
    if group is None or not group.is_group:
        return draft
    return with_node(draft, path, replace(group, below=(*group.below, node)))


def removed(draft: Draft, path: str) -> Draft:
    if path == ROOT or at_path(draft, path) is None:
        return draft
    return with_node(draft, path, None)


def nodes_of(draft: Draft, path: str = ROOT) -> Iterator[tuple[str, Draft]]:
    """Every node with its path, in the order of reading."""
    yield path, draft
    for index, child in enumerate(draft.below):
        yield from nodes_of(child, f"{path}.{index}")


def as_text(draft: Draft) -> str:
    """For a field that keeps a draft, to be read by `from_text`."""
    return json.dumps(_plain(draft), ensure_ascii=False)


def from_text(text: str) -> Draft | None:
    """None of what is no draft: it comes from a browser."""
    try:
        found = json.loads(text[: limits.CONDITION_CHARS_MAX])
        return _of_plain(found, 1)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _plain(draft: Draft) -> list[Any]:
    return [draft.kind, dict(draft.fields), [_plain(child) for child in draft.below]]


def _of_plain(found: Any, depth: int) -> Draft:
    kind, fields, below = found
    if depth > limits.CONDITION_DEPTH_MAX or len(below) > NODES_MAX:
        raise ValueError("no draft")
    return Draft(
        str(kind),
        {str(name): str(value) for name, value in fields.items()},
        tuple(_of_plain(child, depth + 1) for child in below),
    )


def group_of(tree: Tree) -> tuple[str, list[Tree]] | None:
    """How a branch of a tree is shown: the group's kind and what is in it; None of a leaf."""
    if "all" in tree:
        return "all", list(tree["all"])
    if "any" in tree:
        return "any", list(tree["any"])
    if "not" in tree:
        inner = tree["not"]
        return "none", list(inner["any"]) if "any" in inner else [inner]
    return None
