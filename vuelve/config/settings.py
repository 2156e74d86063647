"""Django's settings. What an operator may change is in `platform/env.py`."""

from pathlib import Path

from django.utils.translation import gettext_lazy as _

from vuelve.platform import env
from vuelve.platform.db import django_database
from vuelve.platform.secret_key import secret_key
from vuelve.shops.accounts.providers import sign_in_providers

PACKAGE = Path(__file__).resolve().parent.parent

SECRET_KEY = secret_key()
DEBUG = env.get("VUELVE_DEBUG")
PUBLIC_URL = env.get("VUELVE_PUBLIC_URL").rstrip("/")
ALLOWED_HOSTS = [host.strip() for host in env.get("VUELVE_ALLOWED_HOSTS").split(",") if host.strip()]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "heroicons",
    "procrastinate.contrib.django",
    "vuelve.platform",
    "vuelve.shops",
    "vuelve.events",
    "vuelve.customers",
    "vuelve.commerce",
    "vuelve.lake",
    "vuelve.segments",
    "vuelve.channels",
    "vuelve.journeys",
    "vuelve.loyalty",
    "vuelve.sandbox",
    "vuelve.config",
    # Below ours: our templates take the place of theirs.
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
]

MIDDLEWARE = [
    "vuelve.platform.http.observe",
    "django.middleware.security.SecurityMiddleware",
    "vuelve.platform.http.machines_first",
    "vuelve.platform.http.content_security_policy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "vuelve.shops.accounts.sessions.note_activity",
    "vuelve.shops.http.shop_scope",
]

ROOT_URLCONF = "vuelve.config.urls"
WSGI_APPLICATION = "vuelve.config.wsgi.application"
DATABASES = {"default": django_database(env.get("VUELVE_DB_ROLE"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "shops.Member"
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "home"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "vuelve.shops.http.shell",
            ],
        },
    }
]

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "es"
LANGUAGES = [("es", _("Spanish")), ("pt-br", _("Portuguese (Brazil)")), ("en", _("English"))]
LANGUAGE_COOKIE_SAMESITE = "Lax"

STATIC_URL = "/static/"
# Straight from the packages' folders: no collect step between a change and a page.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MAX_AGE = 3600

SESSION_COOKIE_SAMESITE = "Lax"
# Behind a proxy that speaks TLS: this server itself speaks plain HTTP, so the proxy must say how it was reached.
IS_PUBLIC_OVER_TLS = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_PUBLIC_OVER_TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_PUBLIC_OVER_TLS else None
# Without it every form is refused behind a proxy that does not say so: the browser's origin is https, ours http.
CSRF_TRUSTED_ORIGINS = ["/".join(PUBLIC_URL.split("/")[:3])] if IS_PUBLIC_OVER_TLS else []
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if IS_PUBLIC_OVER_TLS else 0
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # subdomains are the shop's own, and may speak plain HTTP
    "security.W008",  # the proxy redirects to TLS; in here everything is plain HTTP
    "security.W019",  # a message's preview is a frame of our own
    "security.W021",  # no preload list without subdomains
]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"  # a message's preview is a frame of our own
# A list of 100,000 customers; the ingest endpoints check their own, smaller limits.
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024

# What a limit of attempts and a used code are: the same for all processes, so the database keeps them.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "platform_cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "name"]},
    },
]

# Second factors, passkeys and sign-in by a provider are allauth's; pages, limits and what is noted are ours
# (`shops/accounts/`).
ACCOUNT_ADAPTER = "vuelve.shops.accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # an invitation or the server's command line made the account
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
# By account, not by address: behind a proxy, or in an office, many people have one.
ACCOUNT_RATE_LIMITS = {"login_failed": "5/5m/key", "reauthenticate": "10/m/user"}
MFA_ADAPTER = "vuelve.shops.accounts.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "add_webauthn": "vuelve.shops.accounts.passkey_forms.AddForm",
    "edit_webauthn": "vuelve.shops.accounts.passkey_forms.RenameForm",
    "authenticate_webauthn": "vuelve.shops.accounts.passkey_forms.AuthenticateForm",
    "login_webauthn": "vuelve.shops.accounts.passkey_forms.EnterForm",
    "reauthenticate_webauthn": "vuelve.shops.accounts.passkey_forms.ConfirmForm",
}
MFA_RATE_LIMITS = {"webauthn_login": "120/m/ip"}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Vuelve"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off
MFA_RECOVERY_CODES_SHOW_ONCE = True
SOCIALACCOUNT_ADAPTER = "vuelve.shops.accounts.adapters.ProviderAdapter"
SOCIALACCOUNT_OPENID_CONNECT_URL_PREFIX = ""
SOCIALACCOUNT_STORE_TOKENS = False
# A link, no form: a form may lead nowhere but to ourselves (the content security policy), and `state` guards the way back.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_PROVIDERS = sign_in_providers()

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""  # `config/wiring.py` imports what has jobs

LOGGING_CONFIG = None  # `platform/logs.py`, called by the commands
