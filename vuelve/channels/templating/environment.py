"""The Liquid that templates may use: which tags and filters, and how much work one message may cost.

A template is written by one shop's staff and rendered in a process that serves all shops: it must end soon, whatever
it says. python-liquid's own limits leave holes (measured or read in 2.3: `reversed` copies a range before its length
is looked at, `replace` may multiply a text by itself, an empty loop body is free), so every node and every filter is
charged to one budget here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import StringIO
from typing import Any, TextIO

from liquid import Environment, Mode
from liquid.ast import Node
from liquid.builtin.expressions import FilteredExpression, tokenize
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.context import RenderContext
from liquid.exceptions import (
    LiquidError,
    LocalNamespaceLimitError,
    LoopIterationLimitError,
    OutputStreamLimitError,
)
from liquid.expression import Expression
from liquid.stream import TokenStream
from liquid.tag import Tag
from liquid.template import BoundTemplate
from liquid.token import TOKEN_EXPRESSION, Token

from vuelve.channels.templating import filters
from vuelve.platform import limits

# One unit is a node rendered or 256 characters moved, about 2 us: a hostile template costs some 100 ms.
WORK_UNITS_MAX = 50_000
# All variables of a template together, in characters and list items.
VARIABLES_SIZE_MAX = 2 * limits.RENDER_OUTPUT_BYTES_MAX

# Neither include and render (there is nothing to load) nor tablerow (MJML makes the tables).
_TAGS_LEFT_OUT = ("include", "render", "tablerow")


_NONE: list[str] = []


class WorkLimitError(LiquidError):
    """The template asks for more work than a message may cost."""


class AbortMessage(Exception):  # noqa: N818 - not an error: the template decided so
    """`{% abort_message "reason" %}` was reached."""


@dataclass(frozen=True, slots=True)
class Formatting:
    """How filters write for the reader."""

    locale: str
    time_zone: str
    currency: str


class Context(RenderContext):
    """The state of one rendering, with its budget."""

    __slots__ = ("formatting", "iterations", "size_by_name", "variables_size", "work_left")

    formatting: Formatting

    def __init__(self, *args: Any, **options: Any) -> None:
        self.work_left = WORK_UNITS_MAX
        self.iterations = 0
        self.variables_size = 0
        self.size_by_name: dict[str, int] = {}
        super().__init__(*args, **options)

    def spend(self, units: int) -> None:
        self.work_left -= units
        if self.work_left < 0:
            raise WorkLimitError("the template asks for too much work", token=None)

    # Node.render looks here before it renders, for every node: the one place that all work passes through.
    @property
    def disabled_tags(self) -> list[str]:
        self.work_left -= 1
        if self.work_left < 0:
            raise WorkLimitError("the template asks for too much work", token=None)
        return _NONE

    @disabled_tags.setter
    def disabled_tags(self, tags: list[str]) -> None:
        pass

    def raise_for_loop_limit(self, length: int = 1) -> None:
        self.iterations += length
        if self.iterations > limits.RENDER_LOOP_ITERATIONS_MAX:
            raise LoopIterationLimitError(
                f"loops run more than {limits.RENDER_LOOP_ITERATIONS_MAX} times in all", token=None
            )

    def assign(self, key: str, val: Any) -> None:
        # A running total: python-liquid sums up all variables at each assignment.
        size = filters.size_of(val)
        self.variables_size += size - self.size_by_name.get(key, 0)
        self.size_by_name[key] = size
        self.locals[key] = val
        if self.variables_size > VARIABLES_SIZE_MAX:
            raise LocalNamespaceLimitError("variables hold too much", token=None)

    def get_buffer(self, buf: TextIO | None = None) -> StringIO:
        return Output(self)


class Output(StringIO):
    """Where the rendered text goes: bounded, and charged."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self.chars = 0

    def write(self, text: str) -> int:
        self.chars += len(text)
        if len(text) > 255:
            self.context.spend(len(text) >> 8)
        if self.chars > limits.RENDER_OUTPUT_BYTES_MAX:
            raise OutputStreamLimitError("the output is too large", token=None)
        return super().write(text)


class LiquidTemplate(BoundTemplate):
    context_class = Context

    def render_for(self, data: Mapping[str, Any], formatting: Formatting) -> str:
        """The text; raises LiquidError, AbortMessage, or what a value of the wrong kind makes a filter raise."""
        context = Context(self, globals=data)
        context.formatting = formatting
        output = Output(context)
        self.render_with_context(context, output)
        return output.getvalue()


class _BoundedStop(Expression):
    """The end of a range, refused if the range would be too long to walk."""

    __slots__ = ("start", "stop")

    def __init__(self, start: Expression, stop: Expression) -> None:
        super().__init__(stop.token)
        self.start = start
        self.stop = stop

    def __str__(self) -> str:
        return str(self.stop)

    def evaluate(self, context: RenderContext) -> object:
        stop = self.stop.evaluate(context)
        length = filters.as_integer(stop) - filters.as_integer(self.start.evaluate(context)) + 1
        if length > limits.RENDER_LOOP_ITERATIONS_MAX:
            raise LoopIterationLimitError(
                f"a range has more than {limits.RENDER_LOOP_ITERATIONS_MAX} numbers", token=self.token
            )
        return stop

    def children(self) -> Iterable[Expression]:
        return [self.stop]


class _AbortNode(Node):
    __slots__ = ("reason",)

    def __init__(self, token: Token, reason: Expression | None) -> None:
        super().__init__(token)
        self.reason = reason
        self.blank = False

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        raise AbortMessage("" if self.reason is None else str(self.reason.evaluate(context)))

    def expressions(self) -> Iterable[Expression]:
        return [] if self.reason is None else [self.reason]


class _AbortTag(Tag):
    """`{% abort_message %}`, `{% abort_message "reason" %}` or, as elsewhere in the field, `{% abort_message("reason") %}`."""

    name = "abort_message"
    block = False

    def parse(self, stream: TokenStream) -> Node:
        token = stream.current
        if stream.peek.kind != TOKEN_EXPRESSION:
            return _AbortNode(token, None)
        next(stream)  # the parser expects to find a tag's last token
        written = stream.current
        text = written.value.strip()
        if text.startswith("(") and text.endswith(")"):
            text = text[1:-1].strip()
        if not text:
            return _AbortNode(token, None)
        reason = FilteredExpression.parse(self.env, TokenStream(tokenize(text, parent_token=written)))
        return _AbortNode(token, reason)


class _Environment(Environment):
    template_class = LiquidTemplate
    output_stream_limit = limits.RENDER_OUTPUT_BYTES_MAX

    def __init__(self, *, html: bool) -> None:
        super().__init__(tolerance=Mode.STRICT, strict_filters=True, autoescape=html)
        for name in _TAGS_LEFT_OUT:
            del self.tags[name]
        self.add_tag(_AbortTag)
        self.filters = filters.allowed(self.filters)


HTML = _Environment(html=True)  # every value is escaped
PLAIN = _Environment(html=False)  # subjects and texts


def bound_ranges(template: BoundTemplate) -> None:
    """Make every range of a parsed template refuse to be longer than a loop may run."""
    static = RenderContext(template)
    nodes: list[Node] = list(template.nodes)
    while nodes:
        node = nodes.pop()
        nodes.extend(node.children(static))
        expressions = list(node.expressions())
        while expressions:
            expression = expressions.pop()
            expressions.extend(expression.children())
            if isinstance(expression, RangeLiteral):
                expression.stop = _BoundedStop(expression.start, expression.stop)
