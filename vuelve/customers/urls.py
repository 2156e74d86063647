from django.urls import path
from django.utils.translation import gettext_lazy as _

from vuelve.customers import views
from vuelve.platform.extension import NavItem

NAVIGATION = NavItem(label=_("Customers"), url_name="customers", icon="users", order=10)

urlpatterns = [
    path("s/<slug:shop_slug>/customers/", views.customers, name="customers"),
    path("s/<slug:shop_slug>/customers/<int:customer_id>", views.customer, name="customer"),
]
