"""Addresses inside the shop of the page: `{% shop_url "customer" customer_id=row.id %}`."""

from typing import Any

from django import template
from django.urls import reverse

from vuelve.platform.extension import registry
from vuelve.platform.ui.components import Tab

register = template.Library()


@register.simple_tag(takes_context=True)
def shop_url(context: template.Context, name: str, **kwargs: Any) -> str:
    return reverse(name, kwargs={"shop_slug": context["shop"].slug, **kwargs})


@register.simple_tag(takes_context=True)
def data_tabs(context: template.Context) -> list[Tab]:
    """The sections of the page "Data"; the current one is that with the longest address above the page's."""
    slug, path = context["shop"].slug, context["request"].path
    items = sorted(registry.data_tabs, key=lambda item: item.order)
    addresses = [reverse(item.url_name, kwargs={"shop_slug": slug}) for item in items]
    current = max((address for address in addresses if path.startswith(address)), key=len, default="")
    return [
        Tab(item.label, address, is_current=address == current)
        for item, address in zip(items, addresses, strict=True)
    ]
