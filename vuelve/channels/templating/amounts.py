"""Amounts of money as readers write them, quickly: babel looks everything up again for each amount (0.1 ms), and a
template shows a dozen. Equal to `Money.format`, which a test holds it to."""

from collections.abc import Callable
from functools import lru_cache

from babel import Locale
from babel.numbers import get_currency_symbol, get_decimal_symbol, get_group_symbol

from vuelve.platform.money import Money, minor_digits


@lru_cache(maxsize=500)
def writer(locale: Locale, currency: str) -> Callable[[int], str]:
    """A function from minor units to text."""
    pattern = locale.currency_formats["standard"]
    simple = not pattern.exp_prec and "@" not in pattern.pattern and pattern.scale == 0
    if not simple or "'" in pattern.pattern or "¤¤" in pattern.pattern:
        return lambda amount_minor: Money(amount_minor, currency).format(str(locale))
    symbol = get_currency_symbol(currency, locale)
    before: list[str] = [text.replace("¤", symbol) for text in pattern.prefix]
    after: list[str] = [text.replace("¤", symbol) for text in pattern.suffix]
    digits, integers = minor_digits(currency), pattern.int_prec[0]
    decimal, group = get_decimal_symbol(locale), get_group_symbol(locale)
    first, others = pattern.grouping

    def write(amount_minor: int) -> str:
        text = str(abs(amount_minor)).rjust(digits + 1, "0")
        whole, fraction = (text[:-digits], decimal + text[-digits:]) if digits else (text, "")
        whole, grouped, size = whole.rjust(integers, "0"), "", first
        while len(whole) > size:
            whole, grouped, size = whole[:-size], group + whole[-size:] + grouped, others
        sign = amount_minor < 0
        return before[sign] + whole + grouped + fraction + after[sign]

    return write
