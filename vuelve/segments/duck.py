"""From an expression to DuckDB's SQL, with named placeholders."""

from typing import TYPE_CHECKING

from ibis.backends.sql.compilers import DuckDBCompiler

from vuelve.segments.bound import bind

if TYPE_CHECKING:
    import ibis.expr.types as ir

_compiler = DuckDBCompiler()


def to_duck(expression: "ir.Table") -> tuple[str, frozenset[str]]:
    """The statement, and the names of its placeholders (`$shop`, `$now`, `$start_<days>`)."""
    statement, names = bind(_compiler.to_sqlglot(expression))
    return statement.sql(dialect="duckdb"), names
