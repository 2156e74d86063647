"""Who else may say who somebody is: one OpenID Connect provider, from the environment. Read before Django starts."""

from typing import Any

from vuelve.platform import env

PROVIDER_ID = "oidc"


def sign_in_providers() -> dict[str, Any]:
    """allauth's SOCIALACCOUNT_PROVIDERS; no app in it if no issuer is set."""
    if not is_offered():
        return {"openid_connect": {"APPS": []}}
    return {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": PROVIDER_ID,
                    "name": name(),
                    "client_id": env.get("VUELVE_OIDC_CLIENT_ID"),
                    "secret": env.get("VUELVE_OIDC_CLIENT_SECRET"),
                    "settings": {"server_url": env.get("VUELVE_OIDC_ISSUER").rstrip("/")},
                }
            ],
        }
    }


def is_offered() -> bool:
    return bool(env.get("VUELVE_OIDC_ISSUER"))


def name() -> str:
    found: str = env.get("VUELVE_OIDC_NAME")
    return found
