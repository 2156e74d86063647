from django.urls import path
from django.utils.translation import gettext_lazy as _

from vuelve.channels import views
from vuelve.platform.extension import NavItem

NAVIGATION = NavItem(label=_("Messages"), url_name="messages", icon="envelope", order=60)

urlpatterns = [
    path("s/<slug:shop_slug>/messages/", views.messages, name="messages"),
    path("s/<slug:shop_slug>/messages/<int:message_id>", views.message, name="message"),
    path("s/<slug:shop_slug>/messages/<int:message_id>/body", views.message_body, name="message_body"),
]
