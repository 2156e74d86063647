from django.urls import path
from django.utils.translation import gettext_lazy as _

from vuelve.commerce import views
from vuelve.platform.extension import NavItem

NAVIGATION = NavItem(label=_("Orders"), url_name="orders", icon="shopping-bag", order=20)

urlpatterns = [
    path("s/<slug:shop_slug>/orders/", views.orders, name="orders"),
    # The store's own id: it may hold anything, slashes too.
    path("s/<slug:shop_slug>/orders/<path:order_id>", views.order, name="order"),
    path("s/<slug:shop_slug>/carts/", views.carts, name="carts"),
]
