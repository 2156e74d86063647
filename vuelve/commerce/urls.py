from django.urls import path, register_converter
from django.urls.converters import PathConverter
from django.utils.translation import gettext_lazy as _

from vuelve.commerce import views
from vuelve.platform.extension import NavItem

NAVIGATION = NavItem(label=_("Orders"), url_name="orders", icon="shopping-bag", order=20)


class OrderIdConverter(PathConverter):
    """The store's own id: it may hold anything, slashes and line breaks too. One without an address stops the list."""

    regex = "(?s:.+)"


register_converter(OrderIdConverter, "order_id")

urlpatterns = [
    path("s/<slug:shop_slug>/orders/", views.orders, name="orders"),
    path("s/<slug:shop_slug>/orders/<order_id:order_id>", views.order, name="order"),
    path("s/<slug:shop_slug>/carts/", views.carts, name="carts"),
]
