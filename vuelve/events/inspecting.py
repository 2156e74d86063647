"""What JSON allows and we cannot keep: NUL characters, numbers that no double can hold, nesting without end. Pure.

Looking at every value would double the cost of decoding, and hardly any event has such a thing. So a few searches over
the bytes say who is above suspicion (they may suspect the innocent, never the reverse); only the others are walked.
"""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from vuelve.platform import limits
from vuelve.platform.errors import VuelveError

# Digits and `+` become 0, both E become e, backslash and u stay, all else is a blank: searches then take 0.3 us a KB.
_CLASSES = bytes(
    ord("0")
    if char in b"0123456789+"
    else ord("e")
    if char in b"eE"
    else char
    if char in b"\\u"
    else ord(" ")
    for char in range(256)
)
_NUL = b"\\u0000"  # as it looks after the translation, too
_LONG = b"0" * 200  # with two digits of exponent a number needs that many to leave the range of a double
_EXPONENT = b"0e000"
# After an exponent of three digits a number must end: which tells it from most of the hexadecimal ids.
_BIG_EXPONENT = re.compile(rb"[eE]\+?[0-9]{3,}(?=[\s,\]}]|\Z)")
_DOUBLE_MAX = int(1.7976931348623157e308)

_decoder = msgspec.json.Decoder()


def is_suspicious(body: bytes) -> bool:
    """Whether some event of the body must be inspected for its texts and numbers."""
    classes = body.translate(_CLASSES)
    if _LONG in classes or (_NUL in classes and _NUL in body):
        return True
    at = classes.find(_EXPONENT)
    while at >= 0:
        if _BIG_EXPONENT.match(body, at + 1):
            return True
        at = classes.find(_EXPONENT, at + 1)
    return False


def may_be_deep(raw: bytes) -> bool:
    return raw.count(b"{") + raw.count(b"[") > limits.EVENT_DEPTH_MAX


def inspect(raw: bytes) -> None:
    """Raises VuelveError `invalid_text`, `number_out_of_range` or `nested_too_deep`; other damage is not its business."""
    try:
        value = _decoder.decode(raw)
    except RecursionError:
        raise too_deep() from None
    except msgspec.ValidationError:
        raise out_of_range() from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return
    _walk(value)


def _walk(value: Any) -> None:
    level: list[Any] = [value]
    for _depth in range(limits.EVENT_DEPTH_MAX + 1):
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                _check(item.keys())
                below += item.values()
            elif isinstance(item, list):
                below += item
        if not below:
            return
        _check(below)
        level = below
    raise too_deep()


def _check(values: Iterable[Any]) -> None:
    for value in values:
        if isinstance(value, str):
            if "\x00" in value:
                raise VuelveError("invalid_text", "A text holds a NUL character.", hint="Remove \\u0000.")
        elif isinstance(value, int) and abs(value) > _DOUBLE_MAX:
            raise out_of_range()


def too_deep() -> VuelveError:
    return VuelveError(
        "nested_too_deep",
        "The JSON is nested too deep.",
        hint=f"At most {limits.EVENT_DEPTH_MAX} objects and lists inside each other.",
    )


def out_of_range() -> VuelveError:
    return VuelveError(
        "number_out_of_range",
        "A number is too large.",
        hint="At most 1.797e308, what a double holds. Send an id of many digits as a text.",
    )
