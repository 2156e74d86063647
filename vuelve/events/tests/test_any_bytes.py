"""Whatever is sent: a refusal with a code, or a row that PostgreSQL holds and every reader can read. Seeded."""

import json
import random
from datetime import UTC, datetime

from vuelve.events import decoding
from vuelve.events.services import append_api
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.ids import ShopId
from vuelve.shops.models import Shop

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
BATCHES = 2_000
EVENTS = [
    {
        "type": "track",
        "event": "A",
        "userId": "u",
        "timestamp": "2026-03-05T11:00:00Z",
        "properties": {"a": [1, 2.5, {"b": None}], "email": "ana@example.com", "t": 'x\u00e9"q'},
        "context": {"traits": {"email": "b@example.com"}},
        "integrations": {"All": True},
        "custom": {"x": 1},
    },
    {"type": "identify", "userId": 7, "traits": {"email": "c@example.com", "n": 1}},
    {"type": "page", "anonymousId": "a", "name": "N", "category": "C", "properties": {"url": "/"}},
    {"type": "alias", "userId": "u", "previousId": "p"},
    {"type": "group", "userId": "u", "groupId": "g", "traits": {"n": 1}},
]
RUBBISH = [
    *(bytes([byte]) for byte in b'{}[]",:\\- \n\x00\xff'),
    *(b"null", b"NaN", b"1e999", b"\\ud800", b"\\u0000", b"9" * 320, b"true", b"{}", b"[]", b'""', b'"$fields"'),
    *(b"0001-01-01T00:00:00Z", b"\xc3\xa9", b"\xed\xa0\x80", b'"batch":', b'"type":"alias"', b'"context":[]'),
]  # fmt: skip


def bodies() -> list[bytes]:
    chance = random.Random(20)
    found = []
    for _ in range(BATCHES):
        batch = {"batch": chance.sample(EVENTS, chance.randint(1, 5)), "sentAt": "2026-03-05T11:59:00Z"}
        body = bytearray(json.dumps(batch, ensure_ascii=chance.random() < 0.5).encode())
        for _change in range(chance.randint(0, 4)):
            at = chance.randrange(len(body))
            body[at : at + chance.choice([0, 0, 1, 1, 5, 30])] = chance.choice(RUBBISH)
        found.append(bytes(body))
    return found


def test_any_bytes_are_refused_or_kept(shop: Shop) -> None:
    kept: list[decoding.Row] = []
    refused = 0
    for body in bodies():
        try:
            decoded = decoding.decode(decoding.open_batch(body), received_at=NOW)
        except VuelveError:
            refused += 1
            continue
        refused += len(decoded.refused)
        for row in decoded.rows:
            row.message_id = str(len(kept))
            kept.append(row)
    assert len(kept) > BATCHES / 2 < refused  # both happen a lot
    for begin in range(0, len(kept), 500):
        append_api(shop=ShopId(shop.pk), events=decoding.encode_rows(kept[begin : begin + 500]), now=NOW)
    with for_shop(ShopId(shop.pk)) as cursor:
        rows = cursor.execute(
            "SELECT properties::text, context::text, jsonb_typeof(properties::jsonb), jsonb_typeof(context::jsonb) "
            "FROM events_event"
        ).fetchall()
    assert len(rows) == len(kept)
    for properties, context, type, context_type in rows:
        assert type == "object"
        assert context_type in {"object", None}
        json.loads(properties)
        json.loads(context or "{}")
