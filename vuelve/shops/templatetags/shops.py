"""Addresses inside the shop of the page: `{% shop_url "customer" customer_id=row.id %}`."""

from typing import Any

from django import template
from django.urls import reverse

register = template.Library()


@register.simple_tag(takes_context=True)
def shop_url(context: template.Context, name: str, **kwargs: Any) -> str:
    return reverse(name, kwargs={"shop_slug": context["shop"].slug, **kwargs})
