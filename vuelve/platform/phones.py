"""One spelling for each phone number: E.164, and in three countries one number where people write two.

- Mexico: mobiles had a 1 after the country code until 2019 (+52 1 55 1234 5678), and WhatsApp still says it. Kept without.
- Argentina: mobiles have a 9 when called from abroad, and a 15 after the area code at home. Most stores send neither.
  Kept with the 9: without it no message arrives. A landline gets one, too; it takes no messages either way.
- Brazil: mobiles have a ninth digit, a leading 9, since 2016; copies from before, and WhatsApp, lack it. Kept with it.
"""

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat

PHONE_CHARS_MAX = 40
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_MEXICO, _ARGENTINA, _BRAZIL = 52, 54, 55
_MEXICAN_PREFIX = re.compile(r"(?:1|01|044|045)(?=\d{10}$)")
_OLD_BRAZILIAN_MOBILE = re.compile(r"([1-9][1-9])([6-9]\d{7})")


@lru_cache(maxsize=20_000)  # the same customers come again and again; 100 microseconds each
def phone_e164(text: str, country: str) -> str | None:
    """The number as +525512345678; `country` (ISO 3166-1) says how to read one without its prefix. None if invalid."""
    if len(text) > PHONE_CHARS_MAX:
        return None
    number = _parse(text, country)
    if number is None:
        # Some stores leave out the plus; only with the code of the country itself it is surely that.
        digits = text.strip()
        code = phonenumbers.country_code_for_region(country)
        number = _parse(f"+{digits}", country) if code and digits.startswith(str(code)) else None
    return None if number is None else phonenumbers.format_number(number, PhoneNumberFormat.E164)


def is_e164(text: str) -> bool:
    return _E164.fullmatch(text) is not None


def _parse(text: str, country: str) -> PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    number = _one_form(number)
    return number if phonenumbers.is_valid_number(number) else None


def _one_form(number: PhoneNumber) -> PhoneNumber:
    national = phonenumbers.national_significant_number(number)
    match number.country_code:
        case code if code == _MEXICO:
            other = _MEXICAN_PREFIX.sub("", national)
        case code if code == _ARGENTINA and len(national) == 10:
            other = f"9{national}"
        case code if code == _BRAZIL:
            other = _OLD_BRAZILIAN_MOBILE.sub(r"\g<1>9\2", national) if len(national) == 10 else national
        case _:
            return number
    return number if other == national else PhoneNumber(number.country_code, int(other))
