"""The columns of a customer, from the traits that hold and what is known otherwise."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from vuelve.customers.rules.texts import country_code, is_e164, locale_tag, normal_email, text_key

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
    first_seen_at: datetime | None = None
    last_seen_at: datetime | None = None

    @property
    def search_key(self) -> str | None:
        return text_key(" ".join(part for part in (self.name, self.email, self.user_id) if part)) or None


def profile_of(
    known: Sequence[Profile],
    traits: Mapping[str, TraitValue],
    *,
    time_zones: Collection[str],
    now: datetime,
) -> Profile:
    """The profile that comes out: a trait first, if it is valid, then the first of `known` that has the column.

    `known` is what is in the database, then what merged customers bring, then what identifiers and the context say.
    """

    if not traits and len(known) == 1:
        # A newcomer, nine times of ten: nothing to choose from.
        return known[0] if known[0].created_at else replace(known[0], created_at=now)

    def pick(column: str) -> str | None:
        if column in traits:
            text = traits[column][0]
            if text is None:
                return None
            valid = _valid(column, text, time_zones)
            if valid is not None:
                return valid
        return next((value for each in known if (value := getattr(each, column))), None)

    first_name, last_name = pick("first_name"), pick("last_name")
    full_name = " ".join(part for part in (first_name, last_name) if part)
    created_at = traits.get("created_at", (None, None))[1]
    return Profile(
        user_id=next((each.user_id for each in known if each.user_id is not None), None),
        email=pick("email"),
        phone=pick("phone"),
        first_name=first_name,
        last_name=last_name,
        name=(traits.get("name") or (None,))[0] or full_name or pick("name"),
        locale=pick("locale"),
        country=pick("country"),
        time_zone=pick("time_zone"),
        created_at=created_at or min((each.created_at for each in known if each.created_at), default=now),
        first_seen_at=min((each.first_seen_at for each in known if each.first_seen_at), default=None),
        last_seen_at=max((each.last_seen_at for each in known if each.last_seen_at), default=None),
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
