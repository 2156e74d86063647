CREATE SEQUENCE customers_id;

CREATE TABLE customers_customer (
    shop_id       bigint NOT NULL,
    id            bigint NOT NULL DEFAULT nextval('customers_id'),
    user_id       text COLLATE "C",
    email         text COLLATE "C",
    phone         text COLLATE "C",
    first_name    text,
    last_name     text,
    name          text,                       -- as shown; from name, else first and last
    search_key    text COLLATE "C",           -- name, e-mail, user id: lower case, no accents, made in Python
    locale        text COLLATE "C",           -- es-MX, pt-BR, ...
    country       text COLLATE "C",           -- ISO 3166-1 alpha-2
    time_zone     text COLLATE "C",           -- IANA; null: the country's, else the shop's
    created_at    timestamptz NOT NULL,
    first_seen_at timestamptz NOT NULL,
    last_seen_at  timestamptz NOT NULL,
    PRIMARY KEY (shop_id, id)
);
CREATE INDEX customers_customer_recent ON customers_customer (shop_id, last_seen_at DESC, id DESC);
-- rls: customers_customer

-- Who an identifier belongs to. The earliest claim by (claimed_at, claimed_by) keeps it.
CREATE TABLE customers_identifier (
    shop_id     bigint   NOT NULL,
    kind        smallint NOT NULL CHECK (kind BETWEEN 1 AND 4),  -- user id, e-mail, phone, anonymous id
    value       text     COLLATE "C" NOT NULL,
    customer_id bigint   NOT NULL,
    claimed_at  timestamptz NOT NULL,
    claimed_by  text     COLLATE "C" NOT NULL,
    PRIMARY KEY (shop_id, kind, value)
);
CREATE INDEX customers_identifier_customer ON customers_identifier (shop_id, customer_id);
-- rls: customers_identifier

-- A merge: what was recorded under customer_id counts for canonical_id. Always flat: no alias of an alias.
CREATE TABLE customers_alias (
    shop_id      bigint NOT NULL,
    customer_id  bigint NOT NULL,
    canonical_id bigint NOT NULL CHECK (canonical_id <> customer_id),
    merged_at    timestamptz NOT NULL,
    reason       text NOT NULL,
    PRIMARY KEY (shop_id, customer_id)
);
CREATE INDEX customers_alias_canonical ON customers_alias (shop_id, canonical_id);
-- rls: customers_alias

-- Every trait, typed, with where it came from. The newest by (set_at, message_id) wins, whatever arrives last.
CREATE TABLE customers_trait (
    shop_id       bigint NOT NULL,
    customer_id   bigint NOT NULL,
    name          text COLLATE "C" NOT NULL,
    text_value    text COLLATE "C",
    text_key      text COLLATE "C",   -- lower case, no accents: what conditions compare
    number_value  numeric(24, 6),
    boolean_value boolean,
    time_value    timestamptz,
    set_at        timestamptz NOT NULL,
    message_id    text COLLATE "C" NOT NULL,
    source        text COLLATE "C" NOT NULL,
    PRIMARY KEY (shop_id, customer_id, name)
);
-- rls: customers_trait

-- Present state per channel and purpose, with its proof; every change is kept in customers_consent_change.
CREATE TABLE customers_consent (
    shop_id     bigint NOT NULL,
    customer_id bigint NOT NULL,
    channel     text COLLATE "C" NOT NULL,
    purpose     text COLLATE "C" NOT NULL CHECK (purpose IN ('marketing', 'loyalty', 'survey')),
    is_granted  boolean NOT NULL,
    decided_at  timestamptz NOT NULL,
    message_id  text COLLATE "C" NOT NULL,
    source      text NOT NULL,
    wording     text NOT NULL DEFAULT '',
    PRIMARY KEY (shop_id, customer_id, channel, purpose)
);
-- rls: customers_consent

CREATE TABLE customers_consent_change (
    shop_id     bigint NOT NULL,
    customer_id bigint NOT NULL,
    channel     text COLLATE "C" NOT NULL,
    purpose     text COLLATE "C" NOT NULL,
    is_granted  boolean NOT NULL,
    decided_at  timestamptz NOT NULL,
    message_id  text COLLATE "C" NOT NULL,
    source      text NOT NULL,
    wording     text NOT NULL DEFAULT '',
    PRIMARY KEY (shop_id, customer_id, channel, purpose, message_id)
);
-- rls: customers_consent_change
