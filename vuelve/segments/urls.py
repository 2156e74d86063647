from django.urls import path
from django.utils.translation import gettext_lazy as _

from vuelve.platform.extension import NavItem
from vuelve.segments import views, views_builder

NAVIGATION = NavItem(label=_("Segments"), url_name="segments", icon="user-group", order=35)

_BELOW = "s/<slug:shop_slug>/segments/"

urlpatterns = [
    path(_BELOW, views.segments, name="segments"),
    path(f"{_BELOW}new", views_builder.new, name="segment_new"),
    path(f"{_BELOW}build", views_builder.build, name="segment_build"),
    path(f"{_BELOW}preview", views_builder.preview, name="segment_preview"),
    path(f"{_BELOW}upload", views.upload, name="segment_upload"),
    path(f"{_BELOW}<int:segment_id>", views.segment, name="segment"),
    path(f"{_BELOW}<int:segment_id>/edit", views_builder.edit, name="segment_edit"),
    path(f"{_BELOW}<int:segment_id>/duplicate", views.duplicate, name="segment_duplicate"),
    path(f"{_BELOW}<int:segment_id>/archive", views.archive, name="segment_archive"),
    path(f"{_BELOW}<int:segment_id>/restore", views.restore, name="segment_restore"),
]
