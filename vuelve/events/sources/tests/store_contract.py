"""What every kind of store must do. A source's own tests inherit it and bring its recorded payloads:

class TestMine(StoreContract):
    @pytest.fixture
    def source(self) -> StoreSource: ...
    domain, secret = "...", "..."
    def sign(self, topic, body, key) -> dict[str, str]: ...       # the headers of a genuine webhook
    def recorded(self) -> list[tuple[str, dict]]: ...             # (topic, payload), a customer's whole story among them
    bad_domains: addresses that must never be given a token
"""

import json
import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from django.test import Client

from vuelve.events.sources import connecting, queries
from vuelve.events.sources.contracts import Store
from vuelve.platform import vault
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.ids import ShopId
from vuelve.platform.stores import Reception, StoreEvent, StoreSource
from vuelve.shops.models import Shop

NOW = datetime(2026, 3, 12, 12, tzinfo=UTC)
RECEPTION = Reception(received_at=NOW, connected_at=datetime(2026, 2, 1, tzinfo=UTC))


def log_of(shop: Shop) -> list[tuple[Any, ...]]:
    """What the log holds, without what depends on when it came."""
    with for_shop(ShopId(shop.pk)) as cursor:
        return cursor.execute(
            "SELECT message_id, name, occurred_at, user_id, email, phone, properties::text FROM events_event "
            "ORDER BY message_id"
        ).fetchall()


def webhooks_of(shop: Shop) -> list[tuple[Any, ...]]:
    with for_shop(ShopId(shop.pk)) as cursor:
        return cursor.execute(
            "SELECT topic, state, reason, length(body) FROM events_webhook ORDER BY received_at, key"
        ).fetchall()


class StoreContract:
    domain: ClassVar[str]
    secret: ClassVar[str] = "a-secret-of-the-contract"
    bad_domains: ClassVar[Sequence[str]] = ()

    def sign(self, topic: str, body: bytes, key: str) -> dict[str, str]:
        raise NotImplementedError

    def recorded(self) -> list[tuple[str, dict[str, Any]]]:
        raise NotImplementedError

    # --- a connected store, over HTTP ---------------------------------------------------------------------------

    @pytest.fixture
    def store(self, source: StoreSource, shop: Shop) -> Store:
        # A domain of its own for each test: one is connected to one shop only.
        return connecting.connect(
            shop=ShopId(shop.pk),
            source=source.name,
            domain=self.domain_of(shop),
            token="token-of-the-contract",
            secret=self.secret,
            actor="ana@example.com",
            now=RECEPTION.connected_at,
        )

    def domain_of(self, shop: Shop) -> str:
        return f"{shop.slug}-{self.domain}"

    def post(self, store: Store, body: bytes, headers: Mapping[str, str]) -> int:
        address = vault.unseal(store.sealed_address)
        response = Client(HTTP_HOST="localhost").post(
            f"/hooks/{store.source}/{address}", body, content_type="application/json", headers=dict(headers)
        )
        return int(response.status_code)

    def send(self, store: Store, topic: str, payload: Any, *, key: str) -> int:
        body = json.dumps(payload, ensure_ascii=False).encode()
        return self.post(store, body, self.signed(store, topic, body, key))

    def signed(self, store: Store, topic: str, body: bytes, key: str) -> dict[str, str]:
        return self.sign(topic, body, key)

    # --- who it is ------------------------------------------------------------------------------------------------

    def test_it_says_who_it_is(self, source: StoreSource) -> None:
        assert source.name.isidentifier()
        assert str(source.label)
        assert source.topics()

    def test_a_domain_has_one_spelling(self, source: StoreSource) -> None:
        name = source.check_domain(self.domain)
        assert source.check_domain(name) == name == source.check_domain(f"  https://{name.upper()}/  ")

    def test_a_token_goes_nowhere_else(self, source: StoreSource) -> None:
        common = ("", "127.0.0.1", "http://169.254.169.254/", f"{self.domain}@evil.example", "a b", "ñ")
        for text in (*common, *self.bad_domains):
            with pytest.raises(VuelveError) as refused:
                source.check_domain(text)
            assert refused.value.code == "store_domain", text

    # --- signatures -------------------------------------------------------------------------------------------------

    def test_a_genuine_webhook_is_taken_once(self, store: Store, shop: Shop) -> None:
        topic, payload = self.recorded()[0]
        assert self.send(store, topic, payload, key="k1") == 200
        once = log_of(shop)
        assert once
        assert self.send(store, topic, payload, key="k1") == 200
        assert log_of(shop) == once
        assert len(webhooks_of(shop)) == 1

    def test_a_body_that_was_written_again_is_refused(self, store: Store, shop: Shop) -> None:
        topic, payload = self.recorded()[0]
        body = json.dumps(payload, ensure_ascii=False).encode()
        again = json.dumps(json.loads(body), separators=(",", ":"), sort_keys=True).encode()
        assert json.loads(again) == json.loads(body)
        assert self.post(store, again, self.signed(store, topic, body, "k1")) == 401
        assert (log_of(shop), webhooks_of(shop)) == ([], [])

    @pytest.mark.parametrize("spoil", ["unsigned", "garbled", "truncated", "other_secret"])
    def test_what_is_not_signed_leaves_no_trace(self, store: Store, shop: Shop, spoil: str) -> None:
        topic, payload = self.recorded()[0]
        body = json.dumps(payload).encode()
        headers = self.signed(store, topic, body, "k1")
        plain = {
            name: value
            for name, value in headers.items()
            if "hmac" not in name.lower() and "sign" not in name.lower()
        }
        signature = set(headers) - set(plain)
        assert signature
        if spoil == "unsigned":
            headers = plain
        elif spoil == "garbled":
            headers |= dict.fromkeys(signature, "ñ=/=")
        elif spoil == "truncated":
            headers |= {name: headers[name][:-6] for name in signature}
        else:
            body += b" "
        assert self.post(store, body, headers) == 401
        assert (log_of(shop), webhooks_of(shop)) == ([], [])

    def test_an_address_nobody_has_is_answered_like_a_wrong_signature(self, store: Store, shop: Shop) -> None:
        topic, payload = self.recorded()[0]
        body = json.dumps(payload).encode()
        headers = self.signed(store, topic, body, "k1")
        for address in ("x", f"{shop.pk}-guessed", "999999999-x", "9" * 40 + "-x", f"{shop.pk}"):
            response = Client(HTTP_HOST="localhost").post(
                f"/hooks/{store.source}/{address}", body, content_type="application/json", headers=headers
            )
            assert response.status_code == 401
        assert webhooks_of(shop) == []

    def test_the_old_secret_is_good_for_a_while(self, store: Store, shop: Shop, source: StoreSource) -> None:
        connecting.change_secret(
            shop=store.shop_id, store_id=store.id, secret="the-new-secret", actor="ana@example.com", now=NOW
        )
        with for_shop(store.shop_id) as cursor:
            changed = queries.store(cursor, store.shop_id, store.id)
        assert changed.secrets(NOW + timedelta(hours=1)) == ["the-new-secret", self.secret]
        assert changed.secrets(NOW + timedelta(days=30)) == ["the-new-secret"]

    # --- what cannot be mapped is kept ---------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"[]",
            b"nonsense",
            b'{"id": NaN}',
            b"\xff\xfe",
            b'{"a": "\\ud800"}',
            b'{"a":' * 1000 + b"1" + b"}" * 1000,
        ],
    )
    def test_a_signed_body_that_makes_no_sense_is_kept_with_its_reason(
        self, store: Store, shop: Shop, body: bytes
    ) -> None:
        topic = self.recorded()[0][0]
        assert self.post(store, body, self.signed(store, topic, body, "k1")) == 200
        [(kept_topic, state, reason, size)] = webhooks_of(shop)
        assert (kept_topic, state, size) == (topic, "failed", len(body))
        assert reason
        assert log_of(shop) == []

    def test_a_topic_nobody_knows_is_kept_and_counted(self, store: Store, shop: Shop) -> None:
        assert self.send(store, "comets/sighted", {"id": 1}, key="k1") == 200
        assert [(topic, state) for topic, state, _, _ in webhooks_of(shop)] == [("comets/sighted", "unknown")]
        assert log_of(shop) == []

    # --- mapping ---------------------------------------------------------------------------------------------------------

    def test_every_recorded_payload_means_something(self, source: StoreSource) -> None:
        covered = set()
        for topic, payload in self.recorded():
            mapped = source.map(topic, payload, RECEPTION)
            assert mapped.events or mapped.requests or mapped.is_uninstall or mapped.skipped, topic
            covered.add(topic)
        assert covered <= source.topics()

    def test_events_can_be_told_apart_and_have_an_owner(self, source: StoreSource) -> None:
        for event in self._events(source, self.recorded()):
            has_owner = bool(event.user_id or event.email or event.phone or event.anonymous_id)
            assert has_owner is not event.name.startswith("Product"), event  # a catalogue is nobody's
            assert 0 < len(event.message_id) <= 200
            assert event.at.tzinfo is not None
            if event.user_id:
                assert event.user_id.startswith(f"{source.name}:")
            json.dumps(event.properties)

    def test_the_same_payload_says_the_same(self, source: StoreSource) -> None:
        recorded = self.recorded()
        assert self._events(source, recorded) == self._events(source, recorded)

    def test_one_message_id_never_says_two_things(self, source: StoreSource) -> None:
        """But for an order's creation, whose later states come under ids of their own."""
        said: dict[str, set[tuple[str, datetime]]] = {}
        for event in self._events(source, self.recorded()):
            said.setdefault(event.message_id, set()).add((event.name, event.at))
        assert {key: what for key, what in said.items() if len(what) > 1} == {}

    def test_a_wrong_payload_is_refused_not_guessed(self, source: StoreSource) -> None:
        for topic, payload in self.recorded():
            broken: list[dict[str, Any]] = [{}, dict.fromkeys(payload), {name: [] for name in payload}]
            for one in broken:
                events: Sequence[StoreEvent] = ()
                with suppress(VuelveError):
                    events = source.map(topic, one, RECEPTION).events
                assert not events, (topic, one)

    def test_history_is_marked(self, source: StoreSource) -> None:
        late = Reception(
            received_at=NOW + timedelta(days=400), connected_at=NOW + timedelta(days=399), is_backfill=True
        )
        for topic, payload in self.recorded():
            dated = [
                event for event in source.map(topic, payload, late).events if event.at < late.connected_at
            ]
            assert all(event.historical for event in dated), topic

    def _events(
        self,
        source: StoreSource,
        recorded: Sequence[tuple[str, Mapping[str, Any]]],
        reception: Reception = RECEPTION,
    ) -> list[StoreEvent]:
        return [
            event for topic, payload in recorded for event in source.map(topic, payload, reception).events
        ]

    # --- any order, any number ---------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("seed", range(2))
    def test_any_order_and_number_of_deliveries_says_the_same(
        self, store: Store, shop: Shop, seed: int
    ) -> None:
        recorded = [pair for pair in self.recorded() if pair[0] not in self.once_only()]
        reception = replace(RECEPTION, domain=store.domain)
        expected = {event.message_id for event in self._events(self.source_of(store), recorded, reception)}
        numbered = [*enumerate(recorded), *enumerate(recorded)]
        random.Random(seed).shuffle(numbered)
        for number, (topic, payload) in numbered:
            assert self.send(store, topic, payload, key=f"k{number}") == 200
        # Beside what was mapped only that says whose an order is of which something came before itself.
        said = [row[0] for row in log_of(shop) if not row[0].endswith("/owner")]
        assert set(said) == expected
        assert len(said) == len(expected)
        assert {state for _, state, _, _ in webhooks_of(shop)} <= {"taken", "skipped"}

    def source_of(self, store: Store) -> StoreSource:
        return connecting.source_of(store.source)

    def once_only(self) -> frozenset[str]:
        """Topics that end the connection, or ask for what needs a person: not for a story in any order."""
        return frozenset()
