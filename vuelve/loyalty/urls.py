from django.urls import path
from django.utils.translation import gettext_lazy as _

from vuelve.loyalty import views
from vuelve.platform.extension import NavItem

NAVIGATION = NavItem(label=_("Loyalty"), url_name="loyalty", icon="star", order=70)

urlpatterns = [
    path("s/<slug:shop_slug>/loyalty/", views.programme, name="loyalty"),
    path("s/<slug:shop_slug>/loyalty/settings", views.settings, name="loyalty_settings"),
    path("s/<slug:shop_slug>/customers/<int:customer_id>/points", views.statement, name="points"),
    path("s/<slug:shop_slug>/customers/<int:customer_id>/points/adjust", views.adjust, name="points_adjust"),
    path(
        "s/<slug:shop_slug>/customers/<int:customer_id>/points/reverse",
        views.reverse_one,
        name="points_reverse",
    ),
]
