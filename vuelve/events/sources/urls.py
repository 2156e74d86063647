"""Addresses of Data > Stores."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from vuelve.events.sources import views
from vuelve.platform.extension import NavItem

STORES = NavItem(label=_("Stores"), url_name="data_stores", icon="building-storefront", order=50)

_STORE = "s/<slug:shop_slug>/data/stores/<int:store_id>"

urlpatterns = [
    path("s/<slug:shop_slug>/data/stores/", views.stores, name="data_stores"),
    path("s/<slug:shop_slug>/data/stores/connect/<slug:source>", views.connect, name="data_store_connect"),
    path(_STORE, views.store, name="data_store"),
    path(f"{_STORE}/check", views.check, name="data_store_check"),
    path(f"{_STORE}/secret", views.change_secret, name="data_store_secret"),
    path(f"{_STORE}/disconnect", views.disconnect, name="data_store_disconnect"),
    path(f"{_STORE}/backfills", views.bring, name="data_store_bring"),
    path(f"{_STORE}/backfills/<int:backfill_id>/stop", views.stop, name="data_store_stop"),
    path(f"{_STORE}/counts", views.reconcile, name="data_store_reconcile"),
    path(f"{_STORE}/retry", views.retry, name="data_store_retry"),
    path(f"{_STORE}/keep", views.keep, name="data_store_keep"),
]
