"""From an expression to Spark's SQL, with named parameters."""

from typing import TYPE_CHECKING

from ibis.backends.sql.compilers import PySparkCompiler

from vuelve.segments.bound import bind

if TYPE_CHECKING:
    import ibis.expr.types as ir

_compiler = PySparkCompiler()


def to_spark(expression: "ir.Table") -> tuple[str, frozenset[str]]:
    """The statement, and the names of its parameters (`:shop`, `:now`, `:start_<days>`)."""
    statement, names = bind(_compiler.to_sqlglot(expression))
    return statement.sql(dialect=_compiler.dialect), names
