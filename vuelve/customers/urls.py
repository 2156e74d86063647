from django.urls import path
from django.utils.translation import gettext_lazy as _

from vuelve.customers import views, views_identities, views_privacy
from vuelve.platform.extension import NavItem

NAVIGATION = NavItem(label=_("Customers"), url_name="customers", icon="users", order=10)
PRIVACY = NavItem(label=_("Privacy"), url_name="privacy", icon="shield-check", order=80)

urlpatterns = [
    path("s/<slug:shop_slug>/customers/", views.customers, name="customers"),
    path("s/<slug:shop_slug>/customers/<int:customer_id>", views.customer, name="customer"),
    path(
        "s/<slug:shop_slug>/customers/<int:customer_id>/separate",
        views_identities.separate,
        name="customer_separate",
    ),
    path(
        "s/<slug:shop_slug>/customers/<int:customer_id>/rejoin",
        views_identities.rejoin,
        name="customer_rejoin",
    ),
    path("s/<slug:shop_slug>/customers/<int:customer_id>/join", views_identities.join, name="customer_join"),
    path(
        "s/<slug:shop_slug>/customers/<int:customer_id>/history",
        views_identities.history,
        name="customer_history",
    ),
    path(
        "s/<slug:shop_slug>/customers/<int:customer_id>/export",
        views_privacy.export_customer,
        name="customer_export",
    ),
    path(
        "s/<slug:shop_slug>/customers/<int:customer_id>/erase",
        views_privacy.erase_customer,
        name="customer_erase",
    ),
    path("s/<slug:shop_slug>/data/privacy/", views_privacy.privacy, name="privacy"),
    path("s/<slug:shop_slug>/data/privacy/retention", views_privacy.save_retention, name="retention"),
    path("s/<slug:shop_slug>/data/privacy/erasures/<int:erasure_id>", views_privacy.erasure, name="erasure"),
]
