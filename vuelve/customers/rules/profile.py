"""The columns of a customer, from the traits that hold and what is known otherwise."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from vuelve.customers.contracts import IdentifierKind
from vuelve.customers.rules.texts import country_code, locale_tag, normal_email, text_key
from vuelve.customers.rules.traits import CONTEXT_LOCALE, CONTEXT_TIME_ZONE
from vuelve.platform.phones import is_e164

TraitValue = tuple[str | None, datetime | None]  # text and time; both None: taken away


@dataclass(frozen=True, slots=True)
class Profile:
    user_id: str | None = None
    email: str | None = None
    phone: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    name: str | None = None
    locale: str | None = None
    country: str | None = None
    time_zone: str | None = None
    created_at: datetime | None = None

    @property
    def search_key(self) -> str | None:
        return text_key(" ".join(part for part in (self.name, self.email, self.user_id) if part)) or None


def profile_of(
    identities: Mapping[int, str], traits: Mapping[str, TraitValue], *, time_zones: Collection[str]
) -> Profile:
    """The profile that follows from what holds: a trait, if it is valid; else an identifier (by kind), or what the
    device said of itself. Of nothing else, so that it is the same whatever came first.
    """
    user_id = identities.get(IdentifierKind.USER)
    if not traits:
        # A newcomer, nine times of ten: nothing to choose from.
        return Profile(user_id, identities.get(IdentifierKind.EMAIL), identities.get(IdentifierKind.PHONE))

    def pick(column: str, *others: str | None) -> str | None:
        if column in traits:
            text = traits[column][0]
            if text is None:
                return None
            valid = _valid(column, text, time_zones)
            if valid is not None:
                return valid
        return next((text for text in others if text), None)

    def device(column: str, name: str) -> str | None:
        text = traits.get(name, (None, None))[0]
        return _valid(column, text, time_zones) if text else None

    first_name, last_name = pick("first_name"), pick("last_name")
    full_name = " ".join(part for part in (first_name, last_name) if part)
    return Profile(
        user_id=user_id,
        email=pick("email", identities.get(IdentifierKind.EMAIL)),
        phone=pick("phone", identities.get(IdentifierKind.PHONE)),
        first_name=first_name,
        last_name=last_name,
        name=(traits.get("name") or (None,))[0] or full_name or None,
        locale=pick("locale", device("locale", CONTEXT_LOCALE)),
        country=pick("country"),
        time_zone=pick("time_zone", device("time_zone", CONTEXT_TIME_ZONE)),
        created_at=traits.get("created_at", (None, None))[1],
    )


def _valid(column: str, text: str, time_zones: Collection[str]) -> str | None:
    match column:
        case "email":
            return normal_email(text)
        case "phone":
            return text if is_e164(text) else None
        case "country":
            return country_code(text)
        case "locale":
            return locale_tag(text)
        case "time_zone":
            # One that PostgreSQL does not know would fail every statement that computes local times.
            return text if text in time_zones else None
        case _:
            return text.strip() or None
