"""From source to a parsed template, with errors that tell a marketer what to mend and where."""

from collections.abc import Mapping
from dataclasses import dataclass

from liquid.exceptions import LiquidError, LiquidSyntaxError, UnknownFilterError
from liquid.static_analysis import TemplateAnalysis

from vuelve.channels.templating.environment import HTML, PLAIN, LiquidTemplate, bound_ranges
from vuelve.channels.templating.scan import Piece, PieceKind, line_of, scan, syntax_error
from vuelve.platform import limits
from vuelve.platform.errors import VuelveError

# What a template reads of an object: names of its properties, or None for all of it.
Needs = Mapping[str, frozenset[str] | None]

# Properties that Liquid itself gives every list and object.
_GIVEN = {"size", "first", "last"}


@dataclass(frozen=True, slots=True)
class Parsed:
    template: LiquidTemplate
    needs: Needs
    filters: frozenset[str]


def parse(source: str, *, html: bool, field: str) -> Parsed:
    """Raises VuelveError: `template_too_large`, `template_syntax`, `template_filter`, `template_limit`."""
    if len(source) > limits.TEMPLATE_SOURCE_CHARS_MAX:
        raise VuelveError(
            "template_too_large",
            f"The source has {len(source)} characters, {limits.TEMPLATE_SOURCE_CHARS_MAX} at most are taken.",
            field=field,
        )
    if "\x00" in source:
        raise syntax_error(source, source.index("\x00"), "there is a NUL character.", field)
    pieces = scan(source, field)
    return parse_compiled(source, html=html, field=field, pieces=pieces)


def parse_compiled(source: str, *, html: bool, field: str, pieces: list[Piece] | None = None) -> Parsed:
    """As `parse`, for what was checked before: the HTML of a published version may be larger than any source."""
    environment = HTML if html else PLAIN
    try:
        template = environment.from_string(source)
        assert isinstance(template, LiquidTemplate)
        analysis = template.analyze(include_partials=False)
    except LiquidError as error:
        raise _explained(error, source, html, field, pieces or []) from error
    for name, spans in analysis.filters.items():
        if name not in environment.filters:
            raise _unknown_filter(name, line_of(source, spans[0].index), field)
    bound_ranges(template)
    return Parsed(template=template, needs=_needs(analysis), filters=frozenset(analysis.filters))


def check_objects(parsed: Parsed, known: frozenset[str], *, field: str, source: str) -> None:
    """Raises VuelveError `template_object` if the template reads a top-level object that nobody offers."""
    for variables in parsed.template.analyze(include_partials=False).globals.values():
        for variable in variables:
            root = str(variable.segments[0])
            if root not in known:
                line = line_of(source, variable.span.index)
                raise VuelveError(
                    "template_object",
                    f"Line {line}: there is no object `{root}`.",
                    field=field,
                    hint="Known: " + ", ".join(sorted(known)) + ".",
                    details={"line": line},
                )


def merge_needs(*all_needs: Needs) -> dict[str, frozenset[str] | None]:
    merged: dict[str, frozenset[str] | None] = {}
    for needs in all_needs:
        for root, properties in needs.items():
            before = merged.get(root, frozenset())
            merged[root] = None if before is None or properties is None else before | properties
    return merged


def _needs(analysis: TemplateAnalysis) -> Needs:
    needs: dict[str, frozenset[str] | None] = {}
    for variables in analysis.globals.values():
        for variable in variables:
            root, rest = str(variable.segments[0]), variable.segments[1:]
            name = rest[0] if rest else None
            known = needs.get(root, frozenset())
            if known is None or not isinstance(name, str) or name in _GIVEN:
                needs[root] = None
            else:
                needs[root] = known | {name}
    return needs


def _unknown_filter(name: str, line: int, field: str) -> VuelveError:
    return VuelveError(
        "template_filter",
        f"Line {line}: there is no filter `{name}`.",
        field=field,
        hint="Known: " + ", ".join(sorted(PLAIN.filters)) + ".",
        details={"line": line},
    )


def _explained(error: LiquidError, source: str, html: bool, field: str, pieces: list[Piece]) -> VuelveError:
    place = error.context()
    line = place[0] if place else _line_by_bisection(error, source, html, pieces)
    message = str(error.message or "not understood")
    if isinstance(error, UnknownFilterError):
        return _unknown_filter(message.removeprefix("unknown filter ").strip("'"), line, field)
    if not isinstance(error, LiquidSyntaxError) and error.__cause__ is not None:
        message = "not understood"
    return VuelveError("template_syntax", f"Line {line}: {message}.", field=field, details={"line": line})


def _line_by_bisection(error: LiquidError, source: str, html: bool, pieces: list[Piece]) -> int:
    """The line of an error that carries no position: that of the first tag with which parsing fails this way.

    Blocks are balanced (scan), so what a shorter prefix complains of is either this error or an unclosed block.
    """
    tags = [piece for piece in pieces if piece.kind is PieceKind.LIQUID]
    low, high = 0, len(tags) - 1
    while low < high:
        middle = (low + high) // 2
        tag = tags[middle]
        try:
            (HTML if html else PLAIN).from_string(source[: tag.start + len(tag.text)])
            found = False
        except LiquidError as other:
            found = other.message == error.message
        low, high = (low, middle) if found else (middle + 1, high)
    return line_of(source, tags[low].start) if tags else 1
