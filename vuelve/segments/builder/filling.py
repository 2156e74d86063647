"""From the fields of a leaf as they were typed to the leaf, and back. Pure; what is wrong is left for the kind to refuse."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Any

from vuelve.platform import limits
from vuelve.platform.conditions import Op
from vuelve.platform.extension import ConditionKind, Input, InputKind
from vuelve.platform.money import Money, to_decimal, to_minor
from vuelve.segments.builder.drafts import Draft, group_of, nodes_of
from vuelve.segments.tree import Tree

Fields = Mapping[str, str]
Leaf = dict[str, Any]

WHERE_MAX = 5
# What people choose is the type; what a tree says in JSON is the value itself, but for an instant.
VALUE_TYPES = ("text", "number", "boolean", "time")


def inputs_of(kind: ConditionKind) -> tuple[Input, ...]:
    return getattr(kind, "inputs", ())


def leaf_of(kind: ConditionKind, fields: Fields) -> Leaf:
    """The leaf that the fields say."""
    leaf: Leaf = {"type": kind.key}
    for one in inputs_of(kind):
        _TO_LEAF[one.kind](one, fields, leaf)
    return leaf


def fields_of(kind: ConditionKind, leaf: Mapping[str, Any]) -> dict[str, str]:
    """What stands in the form of a leaf."""
    fields: dict[str, str] = {}
    for one in inputs_of(kind):
        _TO_FIELDS[one.kind](one, leaf, fields)
    return fields


def new_leaf(kind: ConditionKind, defaults: Fields) -> Draft:
    """A leaf to be filled in, with what is usual; `defaults` by the name of an input, e.g. the shop's currency."""
    fields: dict[str, str] = {}
    for one in inputs_of(kind):
        for name, value in one.default.items():
            fields[f"{one.name}.{name}" if name and one.name else name or one.name] = value
        if one.name in defaults:
            fields[one.name] = defaults[one.name]
        if one.kind in (InputKind.MEASURE, InputKind.NAMED):
            fields[f"{one.name}.name"] = one.choices[0][0]
        if one.kind is InputKind.COMPARISON:
            fields |= {"op": Op.IS.value, "value_type": "text"}
    return Draft(kind.key, fields)


def tree_of(draft: Draft, kinds: Mapping[str, ConditionKind]) -> tuple[Tree, dict[str, str]]:
    """The tree that a draft says, and by the path of each of its nodes (`tree.all[1]`) the draft's (`t.1`)."""
    paths: dict[str, str] = {}
    return _tree(draft, kinds, "tree", "t", paths), paths


def _tree(
    draft: Draft, kinds: Mapping[str, ConditionKind], at: str, node: str, paths: dict[str, str]
) -> Tree:
    paths[at] = node
    if not draft.is_group:
        kind = kinds.get(draft.kind)
        return {"type": draft.kind} if kind is None else leaf_of(kind, draft.fields)
    branch, inside = ("any", f"{at}.not") if draft.kind == "none" else (draft.kind, at)
    paths[f"{inside}.{branch}"] = node
    below = [
        _tree(child, kinds, f"{inside}.{branch}[{index}]", f"{node}.{index}", paths)
        for index, child in enumerate(draft.below)
    ]
    group: Tree = {branch: below}
    return {"not": group} if draft.kind == "none" else group


def draft_of(tree: Tree, kinds: Mapping[str, ConditionKind]) -> Draft:
    """The draft that shows a checked tree; its outermost node is a group."""
    found = _draft(tree, kinds)
    return found if found.is_group else Draft("all", below=(found,))


def _draft(tree: Tree, kinds: Mapping[str, ConditionKind]) -> Draft:
    group = group_of(tree)
    if group is None:
        return Draft(tree["type"], fields_of(kinds[tree["type"]], tree))
    kind, below = group
    return Draft(kind, below=tuple(_draft(child, kinds) for child in below))


def _text(one: Input, fields: Fields, leaf: Leaf) -> None:
    value = fields.get(one.name, "").strip()
    if value or not one.is_optional:
        leaf[one.name] = value


def _instant(one: Input, fields: Fields, leaf: Leaf) -> None:
    value = fields.get(one.name, "").strip()
    if value or not one.is_optional:
        leaf[one.name] = _value(value, "time")


def _number(text: str) -> Any:
    """A whole number, or the text itself, which the kind refuses with its reason."""
    text = text.strip()
    plain = text.removeprefix("-")
    return int(text) if plain.isascii() and plain.isdecimal() and len(plain) < 20 else text


def _whole(one: Input, fields: Fields, leaf: Leaf) -> None:
    value = fields.get(one.name, "").strip()
    if value or not one.is_optional:
        leaf[one.name] = _number(value)


def _threshold(one: Input, fields: Fields, leaf: Leaf, name: str = "") -> None:
    value = fields.get(f"{one.name}.value", "").strip()
    if value or not one.is_optional:
        leaf[name or one.name] = {"op": fields.get(f"{one.name}.op", ""), "value": _number(value)}


def _money(one: Input, fields: Fields, leaf: Leaf) -> None:
    value: Any = fields.get(f"{one.name}.value", "").strip()
    with suppress(ValueError, ArithmeticError):
        value = to_minor(value.replace(",", "."), fields.get("currency", "").strip())
    leaf[one.name] = {"op": fields.get(f"{one.name}.op", ""), "value": value}


def _flag(one: Input, fields: Fields, leaf: Leaf) -> None:
    leaf[one.name] = fields.get(one.name, "true") == "true"


def _amount(one: Input, fields: Fields, leaf: Leaf) -> None:
    leaf |= {"op": fields.get("op", ""), "value": _value(fields.get("value", "").strip(), "number")}


def _measure(one: Input, fields: Fields, leaf: Leaf) -> None:
    _threshold(one, fields, leaf, fields.get(f"{one.name}.name", "") or one.choices[0][0])


def _named(one: Input, fields: Fields, leaf: Leaf) -> None:
    leaf[fields.get(f"{one.name}.name", "") or one.choices[0][0]] = fields.get(
        f"{one.name}.value", ""
    ).strip()


def _comparison(one: Input, fields: Fields, leaf: Leaf) -> None:
    leaf |= _compared(fields, "")


def _where(one: Input, fields: Fields, leaf: Leaf) -> None:
    rows = [
        {
            "property": fields[f"{one.name}.{index}.property"].strip(),
            **_compared(fields, f"{one.name}.{index}."),
        }
        for index in where_rows(one, fields)
    ]
    if rows:
        leaf[one.name] = rows


def where_rows(one: Input, fields: Fields) -> list[int]:
    """The numbers of the comparisons that the form holds."""
    return [index for index in range(WHERE_MAX) if f"{one.name}.{index}.property" in fields]


def _compared(fields: Fields, prefix: str) -> Leaf:
    op = fields.get(f"{prefix}op", "")
    value_type = fields.get(f"{prefix}value_type", "text")
    if op == Op.IS_SET:
        return {"op": op}
    typed = fields.get(f"{prefix}value", "")
    if op == Op.IN:
        parts = [part.strip() for part in typed.replace("\n", ",").split(",") if part.strip()]
        found: Leaf = {"op": op, "value": [_value(part, value_type) for part in parts]}
    else:
        found = {"op": op, "value": _value(typed.strip(), value_type)}
    return found | ({"value_type": "time"} if value_type == "time" else {})


def _value(text: str, value_type: str) -> Any:
    if value_type == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if value_type == "number":
        try:
            number = Decimal(text.replace(",", "."))
        except InvalidOperation:
            return text
        if not number.is_finite():  # NaN, too, of which one kind cannot even be compared
            return text
        return _number(text) if number == number.to_integral_value() and "." not in text else float(number)
    if value_type == "time" and len(text) == len("2026-03-01"):
        return f"{text}T00:00:00Z"
    return text


def _text_back(one: Input, leaf: Mapping[str, Any], fields: dict[str, str]) -> None:
    if one.name in leaf:
        fields[one.name] = str(leaf[one.name])


def _threshold_back(one: Input, leaf: Mapping[str, Any], fields: dict[str, str], name: str = "") -> None:
    found = leaf.get(name or one.name)
    if found is not None:
        fields[f"{one.name}.op"], fields[f"{one.name}.value"] = found["op"], str(found["value"])
        return
    for part, value in one.default.items():
        fields[f"{one.name}.{part}"] = value


def _money_back(one: Input, leaf: Mapping[str, Any], fields: dict[str, str]) -> None:
    found = leaf[one.name]
    fields[f"{one.name}.op"] = found["op"]
    fields[f"{one.name}.value"] = str(to_decimal(Money(found["value"], leaf["currency"])))


def _flag_back(one: Input, leaf: Mapping[str, Any], fields: dict[str, str]) -> None:
    fields[one.name] = "true" if leaf.get(one.name, True) else "false"


def _amount_back(one: Input, leaf: Mapping[str, Any], fields: dict[str, str]) -> None:
    fields |= {"op": leaf["op"], "value": str(leaf["value"])}


def _measure_back(one: Input, leaf: Mapping[str, Any], fields: dict[str, str]) -> None:
    name = next(name for name, _label in one.choices if name in leaf)
    fields[f"{one.name}.name"] = name
    _threshold_back(one, leaf, fields, name)


def _named_back(one: Input, leaf: Mapping[str, Any], fields: dict[str, str]) -> None:
    name = next(name for name, _label in one.choices if name in leaf)
    fields[f"{one.name}.name"], fields[f"{one.name}.value"] = name, str(leaf[name])


def _comparison_back(one: Input, leaf: Mapping[str, Any], fields: dict[str, str]) -> None:
    fields |= _compared_back(leaf, "")


def _where_back(one: Input, leaf: Mapping[str, Any], fields: dict[str, str]) -> None:
    for index, row in enumerate(leaf.get(one.name, [])[:WHERE_MAX]):
        prefix = f"{one.name}.{index}."
        fields[f"{prefix}property"] = row["property"]
        fields |= _compared_back(row, prefix)


def _compared_back(leaf: Mapping[str, Any], prefix: str) -> dict[str, str]:
    value = leaf.get("value")
    values: Sequence[Any] = value if isinstance(value, list) else [] if value is None else [value]
    first = values[0] if values else ""
    value_type = leaf.get("value_type") or (
        "boolean"
        if isinstance(first, bool)
        else "number"
        if isinstance(first, int | float | Decimal)
        else "text"
    )
    return {
        f"{prefix}op": leaf["op"],
        f"{prefix}value_type": "number" if value_type == "money" else value_type,
        f"{prefix}value": "\n".join(
            str(each).lower() if isinstance(each, bool) else str(each) for each in values
        ),
    }


_TO_LEAF: Mapping[InputKind, Callable[[Input, Fields, Leaf], None]] = {
    InputKind.TEXT: _text,
    InputKind.CHOICE: _text,
    InputKind.INSTANT: _instant,
    InputKind.SEGMENT: _whole,
    InputKind.JOURNEY: _whole,
    InputKind.FLAG: _flag,
    InputKind.AMOUNT: _amount,
    InputKind.WHOLE: _whole,
    InputKind.DAYS: _whole,
    InputKind.THRESHOLD: _threshold,
    InputKind.MONEY: _money,
    InputKind.MEASURE: _measure,
    InputKind.NAMED: _named,
    InputKind.COMPARISON: _comparison,
    InputKind.WHERE: _where,
}
_TO_FIELDS: Mapping[InputKind, Callable[[Input, Mapping[str, Any], dict[str, str]], None]] = {
    InputKind.TEXT: _text_back,
    InputKind.CHOICE: _text_back,
    InputKind.INSTANT: _text_back,
    InputKind.SEGMENT: _text_back,
    InputKind.JOURNEY: _text_back,
    InputKind.FLAG: _flag_back,
    InputKind.AMOUNT: _amount_back,
    InputKind.WHOLE: _text_back,
    InputKind.DAYS: _text_back,
    InputKind.THRESHOLD: _threshold_back,
    InputKind.MONEY: _money_back,
    InputKind.MEASURE: _measure_back,
    InputKind.NAMED: _named_back,
    InputKind.COMPARISON: _comparison_back,
    InputKind.WHERE: _where_back,
}


def field_of(error_field: str, paths: Mapping[str, str]) -> str:
    """The form's field that an error of a tree is about: `tree.all[1].count.value` is `t.1.count.value`."""
    best = max((path for path in paths if error_field.startswith(path)), key=len, default="")
    rest = error_field.removeprefix(best).replace("[", ".").replace("]", "")
    return f"{paths.get(best, 't')}{rest}"


def events_of(draft: Draft) -> dict[str, str]:
    """The events that leaves name, by the leaves' paths, so that their properties can be suggested."""
    return {
        path: name[: limits.EVENT_NAME_CHARS_MAX]
        for path, node in nodes_of(draft)
        if not node.is_group and (name := node.fields.get("name", ""))
    }
