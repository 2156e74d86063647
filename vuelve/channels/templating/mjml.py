"""MJML to HTML, once per published version, with the Liquid left in.

MJML's parser would take `<` in a condition for a tag, and entities in a string for text. So each piece of Liquid
is a plain word while MJML works, and comes back in the HTML where the word went. MJML drops text that it has no place
for without a word; that is found out here. Its own errors carry no line, so structure is checked first.
"""

import re
from html.parser import HTMLParser

import mjml

from vuelve.channels.templating.scan import Piece, PieceKind, line_of, scan
from vuelve.platform.errors import VuelveError

# What the compiler knows (MJML 4); it drops what it does not know without an error.
_KNOWN = frozenset(
    [
        "mjml",
        "mj-head",
        "mj-body",
        "mj-attributes",
        "mj-all",
        "mj-class",
        "mj-breakpoint",
        "mj-font",
        "mj-preview",
        "mj-style",
        "mj-title",
        "mj-accordion",
        "mj-accordion-element",
        "mj-accordion-text",
        "mj-accordion-title",
        "mj-button",
        "mj-carousel",
        "mj-carousel-image",
        "mj-column",
        "mj-divider",
        "mj-group",
        "mj-hero",
        "mj-image",
        "mj-navbar",
        "mj-navbar-link",
        "mj-raw",
        "mj-section",
        "mj-social",
        "mj-social-element",
        "mj-spacer",
        "mj-table",
        "mj-text",
        "mj-wrapper",
    ]
)
_POSITION = re.compile(r"at position (\d+)")
_ROOT = re.compile(r"<mjml(?![^>]*\slang=)", re.IGNORECASE)


def compile_mjml(source: str, *, locale: str, field: str) -> str:
    """HTML that still holds the Liquid of `source`; raises VuelveError `template_mjml`, with a line where there is one."""
    pieces = scan(source, field)
    _check_structure(pieces, source, field)
    mark = _unused_mark(source)
    liquid = [piece for piece in pieces if piece.kind is PieceKind.LIQUID]
    words = {id(piece): f"{mark}{number}z" for number, piece in enumerate(liquid)}
    masked = "".join(
        piece.text if piece.kind is PieceKind.TEXT else words.get(id(piece), "") for piece in pieces
    )
    try:
        # No fonts: a message must not tell a third party that it was opened.
        html = str(mjml.mjml2html(_ROOT.sub(f'<mjml lang="{locale}"', masked, count=1), fonts={}))
    except ValueError as error:
        raise _explained(str(error), masked, mark, liquid, field) from error
    for piece in liquid:
        if words[id(piece)] not in html:
            line = line_of(source, piece.start)
            raise VuelveError(
                "template_mjml",
                f"Line {line}: MJML has no place for `{_short(piece.text)}` here.",
                field=field,
                hint="Liquid may stand in texts and attributes, or inside <mj-raw>.",
                details={"line": line},
            )
    return _restored(html, mark, liquid)


def _unused_mark(source: str) -> str:
    """A word that the source does not contain in any case; letters only, so that MJML takes it for text anywhere."""
    mark = "lq"
    while mark in source.lower():
        mark += "q"
    return mark


def _restored(text: str, mark: str, liquid: list[Piece]) -> str:
    return re.sub(rf"{mark}(\d+)z", lambda word: liquid[int(word[1])].text, text)


def _explained(message: str, masked: str, mark: str, liquid: list[Piece], field: str) -> VuelveError:
    place = _POSITION.search(message)
    text = message.replace(" in root template", "")
    if place is None:
        return VuelveError("template_mjml", f"MJML: {text}.", field=field)
    # Positions count bytes, of the masked text: lines are kept by looking at what stands before.
    before = _restored(masked.encode()[: int(place[1])].decode(errors="ignore"), mark, liquid)
    line = before.count("\n") + 1
    return VuelveError("template_mjml", f"Line {line}: MJML: {text}.", field=field, details={"line": line})


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


# Elements that HTML leaves open.
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)


class _Structure(HTMLParser):
    """Follows the tags: MJML wants every element closed, but for those that HTML leaves open."""

    def __init__(self, field: str) -> None:
        super().__init__(convert_charrefs=False)
        self.field = field
        self.open: list[tuple[str, int]] = []
        self.roots = 0

    def fail(self, line: int, message: str) -> VuelveError:
        return VuelveError(
            "template_mjml", f"Line {line}: {message}", field=self.field, details={"line": line}
        )

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._see(tag)
        if tag not in _VOID:
            self.open.append((tag, self.getpos()[0]))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._see(tag)

    def _see(self, tag: str) -> None:
        line = self.getpos()[0]
        if tag.startswith("mj") and tag not in _KNOWN:
            raise self.fail(line, f"there is no <{tag}>.")
        if tag == "mjml":
            self.roots += 1
        elif not self.open:
            raise self.fail(line, f"<{tag}> must stand inside <mjml>.")

    def handle_endtag(self, tag: str) -> None:
        line = self.getpos()[0]
        if tag in _VOID:
            return
        if not self.open:
            raise self.fail(line, f"</{tag}> closes nothing.")
        expected, since = self.open.pop()
        if expected != tag:
            raise self.fail(line, f"</{tag}> where </{expected}> of line {since} must be.")

    def handle_data(self, data: str) -> None:
        if "<" in data:
            line = self.getpos()[0] + data.count("\n", 0, data.index("<"))
            raise self.fail(line, "`<` opens no tag here; write &lt; for the character.")


def _check_structure(pieces: list[Piece], source: str, field: str) -> None:
    # Liquid is cut out, its line breaks stay: lines of errors are the author's.
    text = "".join(
        piece.text if piece.kind is PieceKind.TEXT else "\n" * piece.text.count("\n") for piece in pieces
    )
    structure = _Structure(field)
    structure.feed(text)
    structure.close()
    if structure.open:
        tag, line = structure.open[-1]
        raise structure.fail(line, f"<{tag}> is not closed.")
    if structure.roots != 1:
        raise VuelveError("template_mjml", "The source must be one <mjml> element.", field=field)
