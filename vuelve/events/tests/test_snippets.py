import json
from datetime import UTC, datetime

from vuelve.events import decoding
from vuelve.events.snippets import PLACEHOLDER, is_local, snippets

URL = "https://vuelve.example"


def test_every_snippet_has_the_server_and_the_key() -> None:
    found = snippets(url=URL, write_key="vw_123")
    assert len({one.key for one in found}) == len(found) == 7
    for one in found:
        assert URL in one.code, one.key
        assert "vw_123" in one.code, one.key
        assert PLACEHOLDER not in one.code, one.key


def test_what_curl_sends_is_taken() -> None:
    (curl,) = (one for one in snippets(url=URL, write_key=PLACEHOLDER) if one.key == "curl")
    body = curl.code.partition(" -d '")[2].removesuffix("'")
    assert json.loads(body)["event"] == "Order Completed"
    envelope = decoding.open_single(body.encode(), type="track")
    decoded = decoding.decode(envelope, received_at=datetime(2026, 3, 1, tzinfo=UTC), guarded=frozenset())
    assert (len(decoded.rows), decoded.refused) == (1, [])


def test_which_addresses_only_this_machine_reaches() -> None:
    assert is_local("http://127.0.0.1:8000")
    assert is_local("http://localhost")
    assert not is_local(URL)
