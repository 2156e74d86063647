from django.urls import path
from django.utils.translation import gettext_lazy as _

from vuelve.events.sources.csv import views
from vuelve.platform.extension import NavItem

TAB = NavItem(label=_("Imports"), url_name="imports", icon="arrow-up-tray", order=60)

_BASE = "s/<slug:shop_slug>/data/imports/"
urlpatterns = [
    path(_BASE, views.imports, name="imports"),
    path(f"{_BASE}upload", views.upload, name="import_upload"),
    path(f"{_BASE}<int:import_id>", views.show, name="import"),
    path(f"{_BASE}<int:import_id>/columns", views.columns, name="import_columns"),
    path(f"{_BASE}<int:import_id>/start", views.start, name="import_start"),
    path(f"{_BASE}<int:import_id>/drop", views.drop, name="import_drop"),
    path(f"{_BASE}<int:import_id>/rejects", views.rejects, name="import_rejects"),
]
