"""Where the Liquid is in a source, in one linear pass, before any grammar sees it.

python-liquid's lexer takes quadratic time on unclosed delimiters (40 KB of `{{`: 75 s), and gives no line for an
unclosed block. So a source comes here first; what passes has only closed, short tags and balanced blocks.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from vuelve.platform.errors import VuelveError

# One `{{ ... }}` or `{% ... %}`; bounds the lexer's look-aheads and the depth of a condition's recursion.
TAG_CHARS_MAX = 2_000
# Blocks in blocks; python-liquid itself stops at 30.
NESTING_MAX = 20

_BLOCKS = {
    name: f"end{name}"
    for name in ("if", "unless", "case", "for", "capture", "ifchanged", "comment", "raw", "doc")
}
_ENDS = {end: name for name, end in _BLOCKS.items()}
_NAME = re.compile(r"\{%-?\s*(#|\w+)")
# What stands between these is not Liquid.
_VERBATIM = {"raw", "doc", "comment"}


class PieceKind(StrEnum):
    TEXT = "text"
    LIQUID = "liquid"  # an output, a tag, or a whole raw block
    COMMENT = "comment"  # a whole comment or doc block: leaves nothing behind


@dataclass(frozen=True, slots=True)
class Piece:
    kind: PieceKind
    text: str
    start: int


def line_of(source: str, index: int) -> int:
    """The line of a position, from 1."""
    return source.count("\n", 0, index) + 1


def syntax_error(source: str, index: int, message: str, field: str) -> VuelveError:
    line = line_of(source, index)
    return VuelveError("template_syntax", f"Line {line}: {message}", field=field, details={"line": line})


def scan(source: str, field: str) -> list[Piece]:
    """The pieces of a source, which joined are the source; raises VuelveError `template_syntax` with its line."""
    pieces: list[Piece] = []
    open_blocks: list[tuple[str, int]] = []
    position = 0
    while position < len(source):
        start = _next_delimiter(source, position)
        if start > position:
            pieces.append(Piece(PieceKind.TEXT, source[position:start], position))
        if start == len(source):
            break
        end = _end_of(source, start, field)
        kind, name = PieceKind.LIQUID, ""
        if source.startswith("{%", start):
            name = _name(source, start, field)
        if name in _VERBATIM:
            end = _end_of_block(source, start, end, name, field)
            kind = PieceKind.LIQUID if name == "raw" else PieceKind.COMMENT
        else:
            _track(source, start, name, open_blocks, field)
        pieces.append(Piece(kind, source[start:end], start))
        position = end
    if open_blocks:
        name, start = open_blocks[-1]
        raise syntax_error(source, start, f"`{{% {name} %}}` is not closed by `{{% end{name} %}}`.", field)
    return pieces


def _next_delimiter(source: str, position: int) -> int:
    while True:
        start = source.find("{", position)
        if start == -1:
            return len(source)
        if source[start + 1 : start + 2] in ("{", "%"):
            return start
        position = start + 1


def _end_of(source: str, start: int, field: str) -> int:
    closing = "}}" if source[start + 1] == "{" else "%}"
    end = source.find(closing, start + 2, start + TAG_CHARS_MAX)
    if end == -1:
        raise syntax_error(
            source,
            start,
            f"`{source[start : start + 2]}` is not closed by `{closing}` within {TAG_CHARS_MAX} characters.",
            field,
        )
    return end + 2


def _name(source: str, start: int, field: str) -> str:
    match = _NAME.match(source, start)
    if match is None:
        raise syntax_error(source, start, "a tag has no name.", field)
    return match[1]


def _end_of_block(source: str, start: int, end: int, name: str, field: str) -> int:
    """Past the end tag of a block whose inside is not Liquid. Comments nest, the others end at the first end tag."""
    depth = 1
    pattern = re.compile(
        rf"\{{%-?\s*(end{name}|{name})\b[^%]*%\}}" if name == "comment" else rf"\{{%-?\s*(end{name})\s*-?%\}}"
    )
    for match in pattern.finditer(source, end):
        depth += 1 if match[1] == name else -1
        if depth == 0:
            return match.end()
    raise syntax_error(source, start, f"`{{% {name} %}}` is not closed by `{{% end{name} %}}`.", field)


def _track(source: str, start: int, name: str, open_blocks: list[tuple[str, int]], field: str) -> None:
    if name in _BLOCKS:
        if len(open_blocks) == NESTING_MAX:
            raise syntax_error(source, start, f"blocks are nested deeper than {NESTING_MAX}.", field)
        open_blocks.append((name, start))
    elif name in _ENDS:
        if not open_blocks or open_blocks[-1][0] != _ENDS[name]:
            raise syntax_error(source, start, f"`{{% {name} %}}` closes nothing that is open here.", field)
        open_blocks.pop()
