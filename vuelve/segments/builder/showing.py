"""A draft as the template draws it: every field with its name, value, choices and what it suggests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from vuelve.platform.conditions import ORDER_OPS, PART_OPS, Op
from vuelve.platform.extension import ConditionKind, Input, InputKind, Text
from vuelve.segments.builder.drafts import ROOT, Draft
from vuelve.segments.builder.filling import WHERE_MAX, inputs_of, where_rows

GROUP_WORDS: Mapping[str, Text] = {
    "all": _("all of these"),
    "any": _("any of these"),
    "none": _("none of these"),
}
THRESHOLD_OPS: tuple[tuple[str, Text], ...] = (
    (Op.GTE, _("at least")),
    (Op.LTE, _("at most")),
    (Op.IS, _("exactly")),
    (Op.GT, _("more than")),
    (Op.LT, _("less than")),
    (Op.IS_NOT, _("other than")),
)
OP_WORDS: Mapping[str, Text] = {
    Op.IS: _("is"),
    Op.IS_NOT: _("is not"),
    Op.IN: _("is one of"),
    Op.CONTAINS: _("contains"),
    Op.STARTS_WITH: _("starts with"),
    Op.ENDS_WITH: _("ends with"),
    Op.GT: _("is more than"),
    Op.GTE: _("is at least"),
    Op.LT: _("is less than"),
    Op.LTE: _("is at most"),
    Op.IS_SET: _("is known"),
}
_OPS_OF: Mapping[str, Sequence[Op]] = {
    "text": (Op.IS, Op.IS_NOT, Op.IN, *PART_OPS, Op.IS_SET),
    "number": (Op.IS, Op.IS_NOT, *ORDER_OPS, Op.IN, Op.IS_SET),
    "boolean": (Op.IS, Op.IS_NOT, Op.IS_SET),
    "time": (*ORDER_OPS, Op.IS_SET),
}
VALUE_TYPES: tuple[tuple[str, Text], ...] = (
    ("text", _("Text")),
    ("number", _("Number")),
    ("boolean", _("Yes or no")),
    ("time", _("Date")),
)
YES_NO: tuple[tuple[str, Text], ...] = (("true", _("yes")), ("false", _("no")))

Choices = Sequence[tuple[str, Text]]
Offered = Mapping[InputKind, Choices]  # what the shop has to choose from


@dataclass(frozen=True, slots=True)
class Control:
    """One input or select. `redraws`: what the leaf shows depends on it; `informs`: what is suggested does."""

    name: str
    label: Text
    value: str
    type: str = "text"
    choices: Choices = ()
    list_id: str = ""
    redraws: bool = False
    informs: bool = False
    is_wide: bool = False
    placeholder: Text = ""


@dataclass(frozen=True, slots=True)
class Row:
    """Controls that belong together; `remove` is the act that takes them away."""

    controls: Sequence[Control]
    label: Text = ""
    remove: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """A group or a leaf, as it is drawn."""

    path: str
    draft: Draft
    number: str  # as people read it: 2.1
    label: Text = ""
    rows: Sequence[Row] = ()
    more: Sequence[tuple[str, Text]] = ()  # acts that add something to the leaf
    below: "Sequence[Node]" = ()
    is_known: bool = True
    autofocus: str = field(default="")

    @property
    def is_root(self) -> bool:
        return self.path == ROOT


def node_of(
    draft: Draft,
    kinds: Mapping[str, ConditionKind],
    offered: Offered,
    *,
    path: str = ROOT,
    number: str = "",
) -> Node:
    if draft.is_group:
        below = [
            node_of(child, kinds, offered, path=f"{path}.{index}", number=f"{number}.{index + 1}".lstrip("."))
            for index, child in enumerate(draft.below)
        ]
        return Node(path, draft, number, below=below)
    kind = kinds.get(draft.kind)
    if kind is None:
        return Node(path, draft, number, label=draft.kind, is_known=False)
    rows: list[Row] = []
    more: list[tuple[str, Text]] = []
    for one in inputs_of(kind):
        made, act = _rows(one, draft, path, offered)
        rows += made
        more += act
    return Node(path, draft, number, label=kind.label, rows=rows, more=more)


def _rows(one: Input, draft: Draft, path: str, offered: Offered) -> tuple[list[Row], list[tuple[str, Text]]]:
    at = f"{path}.{one.name}" if one.name else path
    value = draft.fields.get
    if one.kind is InputKind.WHERE:
        numbers = where_rows(one, draft.fields)
        rows = [
            Row(
                [
                    Control(f"{at}.{n}.property", _("Property"), value(f"{one.name}.{n}.property", ""), list_id=f"properties:{path}"),
                    *_comparison(draft, f"{one.name}.{n}.", f"{at}.{n}.", ""),
                ],
                label=one.label,
                remove=f"unwhere:{at}:{n}",
            )
            for n in numbers
        ]  # fmt: skip
        free = next((n for n in range(WHERE_MAX) if n not in numbers), None)
        return rows, [] if free is None else [(f"where:{at}:{free}", _("Add a filter on a property"))]
    return [Row(_controls(one, draft, path, at, offered), label=one.label)], []


def _controls(one: Input, draft: Draft, path: str, at: str, offered: Offered) -> Sequence[Control]:
    value = draft.fields.get
    if one.kind is InputKind.COMPARISON:
        return _comparison(draft, "", f"{path}.", one.suggests)
    if one.kind in (InputKind.THRESHOLD, InputKind.MONEY, InputKind.MEASURE):
        named = (
            [Control(f"{at}.name", one.label, value(f"{one.name}.name", ""), "select", one.choices)]
            if one.kind is InputKind.MEASURE
            else []
        )
        step = "decimal" if one.kind is InputKind.MONEY else "number"
        return [
            *named,
            Control(f"{at}.op", _("How it compares"), value(f"{one.name}.op", ""), "select", THRESHOLD_OPS),
            Control(f"{at}.value", one.label, value(f"{one.name}.value", ""), step),
        ]
    if one.kind is InputKind.NAMED:
        return [
            Control(f"{at}.name", one.label, value(f"{one.name}.name", ""), "select", one.choices),
            Control(f"{at}.value", _("Value"), value(f"{one.name}.value", ""), list_id=one.suggests),
        ]
    if one.kind is InputKind.AMOUNT:
        ops = [(key, label) for key, label in THRESHOLD_OPS if key in ORDER_OPS]
        return [
            Control(f"{path}.op", _("How it compares"), value("op", ""), "select", ops),
            Control(f"{path}.value", one.label, value("value", ""), "decimal"),
        ]
    if one.kind in (InputKind.CHOICE, InputKind.SEGMENT, InputKind.FLAG, InputKind.JOURNEY):
        choices = offered.get(one.kind, one.choices)
        if one.is_optional or not choices:
            choices = (("", _("Any")), *choices)
        return [Control(at, one.label, value(one.name, ""), "select", choices)]
    if one.kind is InputKind.DAYS:
        return [Control(at, one.label, value(one.name, ""), "number", placeholder=_("ever"))]
    if one.kind is InputKind.INSTANT:
        return [Control(at, one.label, value(one.name, "")[:10], "date")]
    list_id = f"properties:{path}" if one.suggests == "properties" else one.suggests
    if one.kind is InputKind.WHOLE:
        return [Control(at, one.label, value(one.name, ""), "number")]
    return [Control(at, one.label, value(one.name, ""), list_id=list_id, informs=one.suggests == "events")]


def _comparison(draft: Draft, own: str, at: str, suggests: str) -> list[Control]:
    value_type = draft.fields.get(f"{own}value_type", "text")
    op = draft.fields.get(f"{own}op", "")
    ops = _OPS_OF.get(value_type, _OPS_OF["text"])
    controls = [
        Control(f"{at}value_type", _("Type of the value"), value_type, "select", VALUE_TYPES, redraws=True),
        Control(
            f"{at}op",
            _("How it compares"),
            op,
            "select",
            [(one.value, OP_WORDS[one]) for one in ops],
            redraws=True,
        ),
    ]
    if op == Op.IS_SET:
        return controls
    value = draft.fields.get(f"{own}value", "")
    if value_type == "boolean":
        controls.append(Control(f"{at}value", _("Value"), value, "select", YES_NO))
    elif op == Op.IN:
        controls.append(
            Control(f"{at}value", _("Values, one a line"), value, "textarea", list_id=suggests, is_wide=True)
        )
    else:
        type_ = {"number": "decimal", "time": "date"}.get(value_type, "text")
        shown = value[:10] if value_type == "time" else value
        controls.append(Control(f"{at}value", _("Value"), shown, type_, list_id=suggests))
    return controls


def context_of(choices: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """The lists of suggestions, each to be drawn once."""
    return [{"id": name, "values": values} for name, values in choices.items() if values]
