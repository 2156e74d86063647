"""A condition as a sentence, in the active language."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import Text, registry
from vuelve.segments.builder.drafts import group_of
from vuelve.segments.tree import Tree

# What is wrong with a condition, for people; the error's own words are for developers.
_WRONG: Mapping[str, Text] = {
    "condition_too_large": gettext_lazy("The condition is too long as a whole."),
    "empty_value": gettext_lazy("Something is empty here."),
    "invalid_choice": gettext_lazy("Choose one of the list."),
    "invalid_currency": gettext_lazy("Write the currency in three capitals, such as MXN."),
    "invalid_name": gettext_lazy("Give it a name of 1 to 120 characters."),
    "invalid_text": gettext_lazy("The text holds a character that cannot be kept."),
    "invalid_time": gettext_lazy("Choose a date."),
    "invalid_type": gettext_lazy("Write a number here, without letters."),
    "invalid_value": gettext_lazy("Write it in full, such as MX, ana@example.com or +525512345678."),
    "list_empty": gettext_lazy("The list names nobody."),
    "list_too_long": gettext_lazy("The list is too long: at most 100,000 lines."),
    "missing_field": gettext_lazy("Something is missing here."),
    "name_taken": gettext_lazy("Another segment has this name."),
    "operator_mismatch": gettext_lazy("That comparison does not go with this kind of value."),
    "out_of_range": gettext_lazy("The number is too large or too small."),
    "promoted_limit": gettext_lazy("Conditions use as many event properties as they may."),
    "promoted_type": gettext_lazy(
        "Another condition compares this property as another type of value. Use that type."
    ),
    "segment_changed": gettext_lazy("Somebody changed the segment meanwhile. Look at it again, then save."),
    "segment_circle": gettext_lazy("The segment would look at itself."),
    "segment_in_use": gettext_lazy("Another segment or a journey looks at it. Change that first."),
    "segments_limit": gettext_lazy(
        "There are as many segments as there may be. Archive those that nobody uses."
    ),
    "too_deep": gettext_lazy("Groups are nested too deep."),
    "too_long": gettext_lazy("The text is too long."),
    "too_many_conditions": gettext_lazy("There are too many conditions."),
    "too_many_values": gettext_lazy("There are too many values: at most 200."),
    "too_precise": gettext_lazy("The number has too many decimals: at most 6."),
    "unknown_segment": gettext_lazy("Choose a segment."),
}


def wrong(error: VuelveError) -> str:
    """What to tell a person who put a condition together."""
    text = _WRONG.get(error.code)
    return str(text) if text else f"{error.message} {error.hint or ''}".strip()


def said(tree: Tree) -> str:
    """E.g. `Order Completed happened at least 2 times in the last 30 days, and country is MX`."""
    return _said(tree, is_inner=False)


def _said(node: Tree, *, is_inner: bool) -> str:
    group = group_of(node)
    if group is None:
        return _leaf(node)
    kind, below = group
    parts = [_said(child, is_inner=len(below) > 1 or kind == "none") for child in below]
    if kind == "none":
        inside = _(" or ").join(parts)
        return _("not (%(conditions)s)") % {"conditions": inside}
    text = (_(", and ") if kind == "all" else _(", or ")).join(parts)
    return f"({text})" if is_inner and len(parts) > 1 else text


def _leaf(leaf: Mapping[str, Any]) -> str:
    return registry.conditions[leaf["type"]].describe(leaf)
