from django.urls import path

from vuelve.shops import views

urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in", views.sign_in, name="sign_in"),
    path("sign-in/<str:token>", views.sign_in_by_link, name="sign_in_by_link"),
    path("sign-out", views.sign_out, name="sign_out"),
    path("language", views.set_language, name="set_language"),
    path("theme", views.set_theme, name="set_theme"),
    path("s/<slug:shop_slug>/", views.overview, name="overview"),
    path("s/<slug:shop_slug>/search", views.search, name="search"),
    path("s/<slug:shop_slug>/data/", views.data, name="data"),
    path("s/<slug:shop_slug>/ui", views.ui, name="ui"),
]
