"""Money is an integer in minor units plus an ISO 4217 code. No floats."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from babel.numbers import format_currency, get_currency_precision


@dataclass(frozen=True, slots=True, order=True)
class Money:
    amount_minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise ValueError(f"cannot add {other.currency} to {self.currency}")
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def percent(self, percent: int) -> "Money":
        """`percent` of this amount, half up to the minor unit."""
        return Money((self.amount_minor * percent * 2 + 100) // 200, self.currency)

    def format(self, locale: str) -> str:
        """As a reader of `locale` writes it, e.g. `$1,234.50` or `R$ 1.234,50`."""
        return format_currency(to_decimal(self), self.currency, locale=locale.replace("-", "_"))


def minor_digits(currency: str) -> int:
    """Digits after the point that the currency has: 2 for MXN, 0 for CLP."""
    return get_currency_precision(currency)


def to_minor(amount: Decimal | int | float | str, currency: str) -> int:
    """An amount in major units as minor units, half up. Raises ValueError on what is not a finite number, or has too many digits."""
    try:
        value = Decimal(str(amount))
    except InvalidOperation as error:
        raise ValueError(f"not an amount: {amount!r}") from error
    if not value.is_finite():
        raise ValueError(f"not a finite amount: {amount!r}")
    try:
        return int(value.scaleb(minor_digits(currency)).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    except ArithmeticError as error:  # more digits than a decimal's context has
        raise ValueError(f"too large an amount: {value:.3e}") from error


def to_decimal(money: Money) -> Decimal:
    return Decimal(money.amount_minor).scaleb(-minor_digits(money.currency))
