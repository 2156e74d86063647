from django.urls import path

from vuelve.customers import views

urlpatterns = [
    path("s/<slug:shop_slug>/customers/", views.customers, name="customers"),
    path("s/<slug:shop_slug>/customers/<int:customer_id>", views.customer, name="customer"),
]
