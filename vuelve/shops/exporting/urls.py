from django.urls import path
from django.utils.translation import gettext_lazy as _

from vuelve.platform.extension import NavItem
from vuelve.shops.exporting import views

TAB = NavItem(label=_("Exports"), url_name="exports", icon="arrow-down-tray", order=70)

_BASE = "s/<slug:shop_slug>/data/exports/"
urlpatterns = [
    path(_BASE, views.exports, name="exports"),
    path(f"{_BASE}new", views.create, name="export_create"),
    path(f"{_BASE}<int:export_id>", views.download, name="export_download"),
]
