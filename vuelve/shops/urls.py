from django.urls import path

from vuelve.shops import views, views_keys, views_settings

urlpatterns = [
    path("", views.home, name="home"),
    path("language", views.set_language, name="set_language"),
    path("theme", views.set_theme, name="set_theme"),
    path("s/<slug:shop_slug>/", views.overview, name="overview"),
    path("s/<slug:shop_slug>/search", views.search, name="search"),
    path("s/<slug:shop_slug>/data/", views.data, name="data"),
    path("s/<slug:shop_slug>/settings/", views_settings.team, name="settings"),
    path("s/<slug:shop_slug>/settings/second-factor", views_settings.second_factor, name="second_factor"),
    path("s/<slug:shop_slug>/settings/invite", views_settings.invite, name="member_invite"),
    path(
        "s/<slug:shop_slug>/settings/invitations/<int:invitation_id>/revoke",
        views_settings.revoke,
        name="invitation_revoke",
    ),
    path(
        "s/<slug:shop_slug>/settings/members/<int:membership_id>/role",
        views_settings.change_role,
        name="member_role",
    ),
    path(
        "s/<slug:shop_slug>/settings/members/<int:membership_id>/remove",
        views_settings.remove,
        name="member_remove",
    ),
    path("s/<slug:shop_slug>/settings/keys", views_keys.keys, name="keys"),
    path("s/<slug:shop_slug>/settings/keys/create", views_keys.create, name="key_create"),
    path("s/<slug:shop_slug>/settings/keys/<int:key_id>/rotate", views_keys.rotate, name="key_rotate"),
    path("s/<slug:shop_slug>/settings/keys/<int:key_id>/revoke", views_keys.revoke, name="key_revoke"),
    path("s/<slug:shop_slug>/settings/audit", views_settings.audit_log, name="audit"),
    path("join/<slug:slug>/<str:token>", views_settings.join, name="join"),
    path("s/<slug:shop_slug>/ui", views.ui, name="ui"),
]
