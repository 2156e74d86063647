"""Short names for columns of `exports.py`: `columns("order_id", money("total_minor"), ...)`."""

from vuelve.platform.extension import ExportColumn, ExportType


def columns(*parts: str | ExportColumn) -> tuple[ExportColumn, ...]:
    """A bare name is a text column of the table `t`."""
    return tuple(ExportColumn(part, f"t.{part}") if isinstance(part, str) else part for part in parts)


def column(name: str, type: ExportType, sql: str = "") -> ExportColumn:
    return ExportColumn(name, sql or f"t.{name}", type)


def text(name: str, sql: str) -> ExportColumn:
    return ExportColumn(name, sql)


def integer(name: str, sql: str = "") -> ExportColumn:
    return column(name, ExportType.INTEGER, sql)


def money(name: str, sql: str = "") -> ExportColumn:
    return column(name, ExportType.MONEY, sql)


def number(name: str, sql: str = "") -> ExportColumn:
    return column(name, ExportType.NUMBER, sql)


def boolean(name: str, sql: str = "") -> ExportColumn:
    return column(name, ExportType.BOOLEAN, sql)


def time(name: str, sql: str = "") -> ExportColumn:
    return column(name, ExportType.TIME, sql)


def day(name: str, sql: str = "") -> ExportColumn:
    return column(name, ExportType.DAY, sql)


def json(name: str, sql: str = "") -> ExportColumn:
    return column(name, ExportType.JSON, sql)
