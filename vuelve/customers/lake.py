"""Who customers are, for the lake."""

from vuelve.platform.extension import LakeTable, LakeType

_W = LakeType.WHOLE
_S = LakeType.SMALL
_T = LakeType.TEXT
_B = LakeType.BOOLEAN
_I = LakeType.TIME
_N = LakeType.NUMBER

LAKE = (
    LakeTable(
        "customers",
        "customers_customer",
        {
            "user_id": _T,
            "email": _T,
            "phone": _T,
            "first_name": _T,
            "last_name": _T,
            "name": _T,
            "locale": _T,
            "country": _T,
            "time_zone": _T,
            "created_at": _I,
            "first_seen_at": _I,
            "last_seen_at": _I,
        },
        customer="id",
    ),
    LakeTable(
        "traits",
        "customers_trait",
        {
            "name": _T,
            "text_value": _T,
            "text_key": _T,
            "number_value": _N,
            "boolean_value": _B,
            "time_value": _I,
            "set_at": _I,
        },
    ),
    LakeTable(
        "aliases",
        "customers_alias",
        {
            "canonical_id": _W,
            "merged_at": _I,
        },
    ),
    LakeTable(
        "identities",
        "customers_identifier",
        {
            "kind": _S,
            "value": _T,
            "claimed_at": _I,
        },
    ),
    LakeTable(
        "consents",
        "customers_consent",
        {
            "channel": _T,
            "purpose": _T,
            "is_granted": _B,
            "decided_at": _I,
            "source": _T,
        },
    ),
)
