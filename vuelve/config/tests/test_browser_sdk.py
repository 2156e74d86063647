"""From a store's page, which is another site: Segment's browser SDK, unchanged but for its host, and plain fetch."""

import http.server
import json
import shutil
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.shops.models import KeyKind, Shop
from vuelve.shops.services import issue_key

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

SEGMENT, RUDDERSTACK = "@segment/analytics-next", "@rudderstack/analytics-js"
BUNDLES = {SEGMENT: "dist/umd/index.js", RUDDERSTACK: "dist/npm/modern/bundled/umd/index.js"}
DOWNLOAD_SECONDS = 60


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def store_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store")
    (folder / "index.html").write_text("<!doctype html><title>Tienda</title><h1>Tienda</h1>")
    return folder


@pytest.fixture(scope="module")
def store(store_folder: Path) -> Iterator[str]:
    """The address of a store's page, on a port of its own: to a browser that is another site."""
    handler = partial(_QuietHandler, directory=str(store_folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def sdks(store_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The SDKs' own bundles, as their publishers pack them, on the store's site."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("THE BROWSER SDKS ARE NOT TESTED: there is no npm.")
    for package, bundle in BUNDLES.items():
        folder = tmp_path_factory.mktemp("npm")
        try:
            subprocess.run(
                [npm, "pack", package, "--silent"],
                cwd=folder, capture_output=True, check=True, timeout=DOWNLOAD_SECONDS,
            )  # fmt: skip
        except (subprocess.SubprocessError, OSError) as error:
            pytest.skip(f"THE BROWSER SDKS ARE NOT TESTED: npm cannot get {package}: {error}")
        with tarfile.open(next(folder.glob("*.tgz"))) as packed:
            packed.extractall(folder, filter="data")
        (store_folder / package).parent.mkdir(exist_ok=True)
        shutil.copytree((folder / "package" / bundle).parent, store_folder / package)


@pytest.fixture
def write_key(shop: Shop) -> str:
    return issue_key(shop=shop, kind=KeyKind.WRITE).secret


def stored(shop: Shop, columns: str = "kind, name") -> list[tuple[Any, ...]]:
    with for_shop(ShopId(shop.pk)) as cursor:
        return cursor.execute(f"SELECT {columns} FROM events_event ORDER BY kind, seq").fetchall()


CALLS = """async ([key, server, options]) => {
    const analytics = AnalyticsNext.AnalyticsBrowser.load({ writeKey: key, cdnURL: server }, options);
    await analytics.ready();
    await analytics.page('Shop', 'Home');
    await analytics.identify('u1', { email: 'Ana@Example.com', plan: 'pro' });
    await analytics.track('Product Viewed', { sku: 'A', price: 10.5, nested: { deep: [1, null, 'ñ 😀'] } });
    await analytics.group('g1', { name: 'Club' });
    await analytics.screen('Cart');
    await analytics.reset();  // this SDK says of an alias the user it knows, if it knows one
    await analytics.alias('u2', 'u1');
}"""


@pytest.mark.usefixtures("sdks")
@pytest.mark.parametrize("is_batching", [False, True], ids=["one by one", "in batches"])
def test_segments_sdk_unchanged_but_for_its_host(
    store: str, live_server: str, page: "Page", shop: Shop, write_key: str, is_batching: bool
) -> None:
    batching = {"deliveryStrategy": {"strategy": "batching", "config": {"size": 6, "timeout": 300}}}
    options = {"integrations": {"Segment.io": batching}} if is_batching else {}
    answers: list[tuple[str, int]] = []
    page.on("response", lambda answer: answers.append((answer.request.method, answer.status)))
    page.goto(store)
    page.add_script_tag(url=f"{store}/{SEGMENT}/index.js")
    path = "b" if is_batching else "a"
    with page.expect_response(lambda one: one.url == f"{live_server}/v1/{path}" and one.status == 200):
        page.evaluate(CALLS, [write_key, live_server, options])
    posts = [status for method, status in answers if method == "POST"]
    assert posts == ([200] if is_batching else [200] * 6)
    assert stored(shop) == [
        (1, "Product Viewed"),
        (2, "identify"),
        (3, "page"),
        (4, "screen"),
        (5, "group"),
        (6, "alias"),
    ]
    track, identify, seen, screen, group, alias = stored(
        shop, "user_id, anonymous_id, email, properties, context, historical"
    )
    assert track[3] == {"sku": "A", "price": 10.5, "nested": {"deep": [1, None, "ñ 😀"]}}
    assert (identify[0], identify[2]) == ("u1", "ana@example.com")
    assert (seen[0], seen[3]["name"], seen[3]["category"]) == (None, "Home", "Shop")
    assert seen[1] == identify[1]  # the same browser before and after
    assert screen[3]["name"] == "Cart"
    assert group[3] == {"name": "Club", "groupId": "g1"}
    assert alias[:2] == ("u2", "u1")
    assert seen[4]["library"]["name"] == "analytics.js"
    assert write_key not in json.dumps([row[3:5] for row in stored(shop, "1, 2, 3, properties, context")])


RUDDERSTACK_CALLS = """([key, server]) => {
    const analytics = new rudderanalytics.RudderAnalytics();
    analytics.load(key, server, { configUrl: server });
    analytics.page('Shop', 'Home');
    analytics.identify('u1', { email: 'Ana@Example.com', plan: 'pro' });
    analytics.track('Product Viewed', { sku: 'A', price: 10.5 });
    analytics.group('g1', { name: 'Club' });
    analytics.alias('u2', 'u1');
}"""


@pytest.mark.usefixtures("sdks")
def test_rudderstacks_sdk_unchanged_but_for_its_host(
    store: str, live_server: str, page: "Page", shop: Shop, write_key: str
) -> None:
    answers: list[int] = []
    page.goto(store)
    page.add_script_tag(url=f"{store}/{RUDDERSTACK}/index.js")
    page.on(
        "response", lambda answer: answers.append(answer.status) if answer.request.method == "POST" else None
    )
    with page.expect_response(lambda one: one.url == f"{live_server}/v1/alias" and one.status == 200):
        page.evaluate(RUDDERSTACK_CALLS, [write_key, live_server])
    for _ in range(100):  # the answers come in any order
        if len(answers) >= 5:
            break
        page.wait_for_timeout(100)
    assert answers == [200] * 5
    assert stored(shop) == [(1, "Product Viewed"), (2, "identify"), (3, "page"), (5, "group"), (6, "alias")]
    track, identify, seen, group, alias = stored(
        shop, "user_id, anonymous_id, email, properties, context -> '$fields' ->> 'channel'"
    )
    assert (track[0], track[3]) == ("u1", {"sku": "A", "price": 10.5})
    assert identify[2:4] == ("ana@example.com", {"email": "Ana@Example.com", "plan": "pro"})
    assert (seen[3]["name"], seen[3]["category"], seen[1]) == ("Home", "Shop", identify[1])
    assert (group[3], alias[:2]) == ({"name": "Club", "groupId": "g1"}, ("u2", "u1"))
    assert track[4] == "web"


def test_plain_fetch_from_another_site(
    store: str, live_server: str, page: "Page", shop: Shop, write_key: str
) -> None:
    event = {"event": "Product Viewed", "userId": "u1", "messageId": "m1"}
    page.goto(store)
    answers = page.evaluate(
        """async ([server, key, event]) => {
            const headers = { 'Content-Type': 'application/json', Authorization: 'Basic ' + btoa(key + ':') };
            const send = async (path, body) => {
                const answer = await fetch(server + path, { method: 'POST', headers, body: JSON.stringify(body) });
                return [answer.status, await answer.json()];
            };
            const bad = { type: 'track', userId: 'u1' };
            const found = [await send('/v1/track', event), await send('/v1/batch', { batch: [bad] })];
            headers.Authorization = 'Basic ' + btoa('wrong:');
            return [...found, await send('/v1/track', event)];
        }""",
        [live_server, write_key, event],
    )
    # Errors, too, can be read by the page's script.
    assert [(status, body.get("code")) for status, body in answers] == [
        (200, None),
        (400, "bad_events"),
        (401, "wrong_key"),
    ]
    assert answers[1][1]["errors"][0]["code"] == "event_name_missing"
    assert stored(shop, "message_id") == [("m1",)]


def test_a_beacon_when_the_page_is_left(
    store: str, live_server: str, page: "Page", shop: Shop, write_key: str
) -> None:
    page.goto(store)
    batch = {"writeKey": write_key, "batch": [{"type": "track", "event": "Left", "anonymousId": "a"}]}
    with page.expect_request_finished(lambda request: request.url.endswith("/v1/batch")):
        sent = page.evaluate(
            "([server, batch]) => navigator.sendBeacon(server + '/v1/batch', JSON.stringify(batch))",
            [live_server, batch],
        )
    assert sent is True
    assert stored(shop) == [(1, "Left")]


def test_nothing_else_can_be_read_from_another_site(
    store: str, live_server: str, chromium: "Browser"
) -> None:
    page = chromium.new_page()  # not the fixture: the browser complains, as it should
    page.goto(store)
    for path in ("/api/v1/stats", "/sign-in", "/metrics"):
        read = page.evaluate(
            "(url) => fetch(url).then(() => 'read', (error) => error.name)", f"{live_server}{path}"
        )
        assert read == "TypeError", path
    page.close()
