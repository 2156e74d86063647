"""The code that a developer pastes into their store to send events, for each library. Pure.

Without comments and without prose, so that nothing in it needs a translation.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from vuelve.platform.extension import Text

PLACEHOLDER = "WRITE_KEY"

ORDER = {
    "order_id": "1001",
    "currency": "MXN",
    "total": 499.0,
    "products": [{"product_id": "P1", "name": "Café", "quantity": 1, "price": 499.0}],
}


@dataclass(frozen=True, slots=True)
class Snippet:
    key: str  # in the address
    label: Text
    install: str  # '' where there is nothing to install
    code: str


def snippets(*, url: str, write_key: str) -> list[Snippet]:
    """`url`: this server's, without a slash at its end. `write_key`: PLACEHOLDER where it is not known."""
    return [make(url, write_key) for make in _MAKERS]


def _browser(url: str, key: str) -> Snippet:
    code = f"""import {{ AnalyticsBrowser }} from "@segment/analytics-next";

const analytics = AnalyticsBrowser.load({{ writeKey: "{key}", cdnURL: "{url}" }});

analytics.page();
analytics.identify("42", {{ email: "ana@example.com", first_name: "Ana" }});
analytics.track("Product Viewed", {{ product_id: "P1", name: "Café", price: 499, currency: "MXN" }});"""
    return Snippet("browser", "analytics.js", "npm install @segment/analytics-next", code)


def _rudderstack(url: str, key: str) -> Snippet:
    code = f"""import {{ RudderAnalytics }} from "@rudderstack/analytics-js/bundled";

const analytics = new RudderAnalytics();
analytics.load("{key}", "{url}", {{ configUrl: "{url}" }});

analytics.page();
analytics.identify("42", {{ email: "ana@example.com", first_name: "Ana" }});
analytics.track("Product Viewed", {{ product_id: "P1", name: "Café", price: 499, currency: "MXN" }});"""
    return Snippet("rudderstack", "RudderStack JS", "npm install @rudderstack/analytics-js", code)


def _python(url: str, key: str) -> Snippet:
    code = f"""import segment.analytics as analytics

analytics.write_key = "{key}"
analytics.host = "{url}"

analytics.identify("42", {{"email": "ana@example.com", "first_name": "Ana"}})
analytics.track("42", "Order Completed", {json.dumps(ORDER, ensure_ascii=False)})
analytics.flush()"""
    return Snippet("python", "Python", "pip install segment-analytics-python", code)


def _node(url: str, key: str) -> Snippet:
    code = f"""import {{ Analytics }} from "@segment/analytics-node";

const analytics = new Analytics({{ writeKey: "{key}", host: "{url}" }});

analytics.identify({{ userId: "42", traits: {{ email: "ana@example.com", first_name: "Ana" }} }});
analytics.track({{ userId: "42", event: "Order Completed", properties: {json.dumps(ORDER, ensure_ascii=False)} }});
await analytics.closeAndFlush();"""
    return Snippet("node", "Node.js", "npm install @segment/analytics-node", code)


def _curl(url: str, key: str) -> Snippet:
    body = json.dumps({"userId": "42", "event": "Order Completed", "properties": ORDER}, ensure_ascii=False)
    code = f"curl {url}/v1/track -u {key}: \\\n  -H 'Content-Type: application/json' \\\n  -d '{body}'"
    return Snippet("curl", "curl", "", code)


def _tag_manager(url: str, key: str) -> Snippet:
    code = f"""<script>
(function () {{
  var id = localStorage.getItem("vuelve_id") || String(Math.random()).slice(2) + Date.now();
  localStorage.setItem("vuelve_id", id);
  fetch("{url}/v1/track?writeKey={key}", {{
    method: "POST",
    keepalive: true,
    body: JSON.stringify({{
      anonymousId: id,
      event: {{{{Event}}}},
      messageId: id + "-" + Date.now(),
      timestamp: new Date().toISOString(),
      sentAt: new Date().toISOString(),
      properties: {{ url: {{{{Page URL}}}} }}
    }})
  }});
}})();
</script>"""
    return Snippet("gtm", "Google Tag Manager", "", code)


def _shopify_pixel(url: str, key: str) -> Snippet:
    code = f"""const NAMES = {{
  page_viewed: "Page Viewed",
  product_viewed: "Product Viewed",
  product_added_to_cart: "Product Added",
  checkout_started: "Checkout Started",
}};

for (const name of Object.keys(NAMES)) {{
  analytics.subscribe(name, (event) => {{
    const variant = event.data.productVariant || event.data.cartLine?.merchandise;
    fetch("{url}/v1/track?writeKey={key}", {{
      method: "POST",
      keepalive: true,
      body: JSON.stringify({{
        anonymousId: event.clientId,
        userId: event.customer?.id,
        event: NAMES[name],
        messageId: event.id,
        timestamp: event.timestamp,
        properties: {{
          url: event.context.document.location.href,
          product_id: variant?.product.id,
          name: variant?.product.title,
          price: variant?.price.amount,
          currency: variant?.price.currencyCode,
          checkout_id: event.data.checkout?.token,
        }},
      }}),
    }});
  }});
}}"""
    return Snippet("shopify", _("Shopify pixel"), "", code)


_MAKERS: tuple[Callable[[str, str], Snippet], ...] = (
    _browser,
    _rudderstack,
    _python,
    _node,
    _curl,
    _tag_manager,
    _shopify_pixel,
)


def is_local(url: str) -> bool:
    """Whether only this machine can reach the address."""
    return urlsplit(url).hostname in {"127.0.0.1", "localhost", "::1", None}
