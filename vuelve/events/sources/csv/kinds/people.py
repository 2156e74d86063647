"""Customers and their consents.

A customer's row is an identify call, `csv:customers:<who>:<hash of what it says>`: the same row vanishes, a changed one
is taken, and the newer value of a trait holds by the row's `updated_at` (else the time the import began).

A consent is `Consent Granted` or `Consent Revoked`. Granted, it needs its proof: where it was given, when, and the
words agreed to; from the row, or for all rows from [proof], by a person who states that they hold it. A revocation
needs none: whoever does not want mail gets none.
"""

from typing import Any

from vuelve.events.sources.csv.contracts import Event, Refusal, Row, Unit
from vuelve.events.sources.csv.kinds import rows
from vuelve.events.sources.csv.kinds.rows import (
    IDENTIFY,
    TRACK,
    RefusedError,
    Who,
    event,
    once,
    read,
    short_hash,
)
from vuelve.events.sources.csv.mapping import Plan, Proof
from vuelve.events.sources.csv.values import BadCellError

CHANNELS = ("email", "sms", "whatsapp", "rcs", "push", "in_app")
PURPOSES = ("marketing", "loyalty", "survey")

_TRAITS = (
    "email", "phone", "first_name", "last_name", "name", "country", "locale", "time_zone", "birth_date", "tags",
)  # fmt: skip
_ADDRESS = ("city", "region", "postal_code")
_CONSENTS = {"consent_email": "email", "consent_sms": "sms", "consent_whatsapp": "whatsapp"}


def customer_unit(plan: Plan, row: Row) -> Unit:
    fields = read(plan.cells, row.cells, dict(plan.constants), plan.header)
    whose = rows.who(fields, plan.shop.country)
    traits: dict[str, Any] = {name: fields[name] for name in _TRAITS if name in fields}
    if address := {name: fields[name] for name in _ADDRESS if name in fields}:
        traits["address"] = address
    if "created_at" in fields:
        traits["created_at"] = fields["created_at"].isoformat()
    _read_traits(plan, row, traits)
    stated = fields.get("updated_at")
    key = short_hash([traits, stated])
    at = stated or plan.as_of
    events = [event(IDENTIFY, "identify", at, once("customers", whose.key, key), whose, traits)]
    for name, channel in _CONSENTS.items():
        if (is_granted := fields.get(name)) is not None:
            said = {name: fields.get(f"consent_{name}") for name in ("time", "source", "wording")}
            events.append(_decision(plan, whose, channel, "marketing", is_granted, said))
    return Unit([row], events)


def _read_traits(plan: Plan, row: Row, traits: dict[str, Any]) -> None:
    for index, name, parse in plan.traits:
        text = row.cells[index].strip()
        if not text:
            continue
        if parse is None:
            traits[name] = text
            continue
        try:
            value = parse(text)
        except BadCellError as bad:
            raise RefusedError(Refusal(bad.code, bad.reason, plan.header[index])) from None
        traits[name] = _as_json(value)


def _as_json(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(
        value, str
    ):  # a number, as text; msgspec writes Decimal as text, so go by way of int or float
        return int(value) if value.lstrip("-").isdecimal() else float(value)
    return value.isoformat()


def consent_unit(plan: Plan, row: Row) -> Unit:
    fields = read(plan.cells, row.cells, dict(plan.constants), plan.header)
    whose = rows.who(fields, plan.shop.country)
    channel = _one_of("channel", fields.get("channel", ""), CHANNELS)
    purpose = _one_of("purpose", fields.get("purpose") or "marketing", PURPOSES)
    is_granted = fields.get("granted")
    if is_granted is None:
        return Unit([row], is_skipped=True)
    return Unit([row], [_decision(plan, whose, channel, purpose, is_granted, fields)])


def _one_of(field: str, text: str, known: tuple[str, ...]) -> str:
    word = text.strip().casefold().replace("-", "").replace(" ", "_")
    word = {"e_mail": "email", "correo": "email", "wa": "whatsapp"}.get(word, word)
    if word not in known:
        raise RefusedError(
            Refusal(f"{field}_unknown", f"`{text[:40]}` is none of {', '.join(known)}.", field)
        )
    return word


def _decision(
    plan: Plan, whose: Who, channel: str, purpose: str, is_granted: bool, said: dict[str, Any]
) -> Event:
    proof = plan.map.proof if plan.map.proof.is_whole else Proof()
    at = said.get("time") or (plan.read_time(proof.time) if proof.time else None)
    source, wording = said.get("source") or proof.source, said.get("wording") or proof.wording
    if at is None and not is_granted:
        at = plan.as_of
    if at is None or (is_granted and not (source and wording)):
        missing = [
            name for name, value in (("time", at), ("source", source), ("wording", wording)) if not value
        ]
        raise RefusedError(
            Refusal(
                "proof_missing",
                "A consent needs its proof: where it was given, when, and the words agreed to.",
                missing[0],
            )
        )
    name = "Consent Granted" if is_granted else "Consent Revoked"
    properties = {
        "channel": channel,
        "purpose": purpose,
        "source": source or "import",
        "wording": wording or "",
    }
    if not said.get("source") and proof.source and is_granted:
        properties["stated_by_importer"] = True
    # Without a time of its own a revocation is one decision, whenever the file is imported again.
    when = said.get("time") or (at if is_granted else None)
    key = short_hash([when, is_granted, properties])
    return event(TRACK, name, at, once("consents", whose.key, channel, purpose, key), whose, properties)
