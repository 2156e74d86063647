"""allauth's views under addresses of ours, and those views of it alone that a member needs."""

from allauth.account.views import account_inactive, reauthenticate
from allauth.mfa.base import views as second_factor
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as code_app
from allauth.mfa.webauthn import views as passkeys
from django.urls import path

from vuelve.shops.accounts import openid, views, views_own

urlpatterns = [
    path("sign-in", views.sign_in, name="sign_in"),
    path("sign-in", views.sign_in, name="account_login"),
    path("sign-in/second-factor", second_factor.authenticate, name="mfa_authenticate"),
    path("sign-in/passkey", passkeys.login_webauthn, name="mfa_login_webauthn"),
    path("sign-in/not-active", account_inactive, name="account_inactive"),
    path("sign-in/with/<str:provider_id>/login/", openid.sign_in, name="openid_connect_login"),
    path("sign-in/with/<str:provider_id>/login/callback/", openid.come_back, name="openid_connect_callback"),
    path("sign-in/with-cancelled", views.provider_cancelled, name="socialaccount_login_cancelled"),
    path("sign-in/<str:token>", views.sign_in_by_link, name="sign_in_by_link"),
    path("sign-out", views.sign_out, name="sign_out"),
    path("sign-out", views.sign_out, name="account_logout"),
    path("account/", views_own.account, name="account"),
    path("account/", views_own.account, name="mfa_index"),
    path("account/", views_own.account, name="mfa_list_webauthn"),
    path("account/profile", views_own.change_profile, name="account_profile"),
    path("account/password", views_own.change_password, name="account_password"),
    path("account/sessions/end-others", views_own.end_other_sessions, name="account_sessions_end"),
    path("account/sessions/<int:session_id>/end", views_own.end_session, name="account_session_end"),
    path("account/confirm", reauthenticate, name="account_reauthenticate"),
    path("account/confirm/code", second_factor.reauthenticate, name="mfa_reauthenticate"),
    path("account/confirm/passkey", passkeys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("account/code-app", code_app.activate_totp, name="mfa_activate_totp"),
    path("account/code-app/remove", code_app.deactivate_totp, name="mfa_deactivate_totp"),
    path("account/recovery-codes", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "account/recovery-codes/new",
        recovery_codes.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path("account/passkeys/add", passkeys.add_webauthn, name="mfa_add_webauthn"),
    path("account/passkeys/<int:pk>/rename", passkeys.edit_webauthn, name="mfa_edit_webauthn"),
    path("account/passkeys/<int:pk>/remove", passkeys.remove_webauthn, name="mfa_remove_webauthn"),
]
