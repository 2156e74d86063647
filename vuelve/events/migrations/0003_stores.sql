-- Connected stores: a few a shop. What is sealed can be read with VUELVE_SECRET_KEY only (platform/vault.py).
CREATE TABLE events_store (
    shop_id              bigint      NOT NULL,
    id                   bigint      GENERATED ALWAYS AS IDENTITY,
    source               text        COLLATE "C" NOT NULL,
    domain               text        COLLATE "C" NOT NULL,
    -- The address of its webhooks: looked up by the hash, shown from the sealed copy.
    address_hash         text        COLLATE "C" NOT NULL,
    sealed_address       text        NOT NULL,
    sealed_token         text        NOT NULL,   -- '' once disconnected
    sealed_secret        text        NOT NULL,   -- kept when disconnected: privacy requests come after that
    sealed_secret_before text        NOT NULL DEFAULT '',
    secret_before_until  timestamptz,
    api_version          text        NOT NULL,
    name                 text        NOT NULL DEFAULT '',
    currency             text        NOT NULL DEFAULT '',
    scopes               text[]      NOT NULL DEFAULT '{}',
    missing_scopes       text[]      NOT NULL DEFAULT '{}',
    topics               text[]      NOT NULL DEFAULT '{}',   -- subscribed
    state                text        COLLATE "C" NOT NULL
                         CHECK (state IN ('checking', 'connected', 'refused', 'uninstalled', 'disconnected')),
    problem              text        NOT NULL DEFAULT '',
    connected_at         timestamptz NOT NULL,
    checked_at           timestamptz,
    reconciled_at        timestamptz,
    erase_due_at         timestamptz,            -- the store asked that everybody be erased
    PRIMARY KEY (shop_id, id),
    -- One store feeds one shop: two would each write to its customers.
    CONSTRAINT events_store_domain_once UNIQUE (source, domain)
);
CREATE UNIQUE INDEX events_store_address ON events_store (shop_id, address_hash);
-- rls: events_store

-- Each webhook as it came, for 30 days: the key makes its repeat vanish, the body lets a failed one be mapped again.
CREATE TABLE events_webhook (
    shop_id      bigint      NOT NULL,
    store_id     bigint      NOT NULL,
    key          text        COLLATE "C" NOT NULL,
    topic        text        COLLATE "C" NOT NULL,
    received_at  timestamptz NOT NULL,
    triggered_at timestamptz,
    state        text        COLLATE "C" NOT NULL CHECK (state IN ('taken', 'skipped', 'unknown', 'failed')),
    reason       text        NOT NULL DEFAULT '',
    people       text[]      COLLATE "C" NOT NULL DEFAULT '{}', -- user ids, e-mails, phones in it: to erase it by
    body         bytea       NOT NULL,
    PRIMARY KEY (shop_id, store_id, key)
);
CREATE INDEX events_webhook_recent ON events_webhook (shop_id, store_id, received_at);
CREATE INDEX events_webhook_failed ON events_webhook (shop_id, store_id, received_at) WHERE state = 'failed';
-- rls: events_webhook

-- What a store has told of, a row a thing: the near end of reconciliation. No person in it but the user id.
CREATE TABLE events_store_object (
    shop_id    bigint      NOT NULL,
    store_id   bigint      NOT NULL,
    kind       text        COLLATE "C" NOT NULL CHECK (kind IN ('orders', 'customers', 'products')),
    object_id  text        COLLATE "C" NOT NULL,
    created_at timestamptz,
    told_at    timestamptz NOT NULL,   -- the newest state; an older one that comes later changes nothing
    status     text        COLLATE "C" NOT NULL DEFAULT '',
    is_gone    boolean     NOT NULL DEFAULT false,
    PRIMARY KEY (shop_id, store_id, kind, object_id)
);
-- rls: events_store_object

CREATE TABLE events_backfill (
    shop_id     bigint      NOT NULL,
    id          bigint      GENERATED ALWAYS AS IDENTITY,
    store_id    bigint      NOT NULL,
    kind        text        COLLATE "C" NOT NULL CHECK (kind IN ('orders', 'customers', 'products')),
    since       timestamptz,
    until       timestamptz,
    state       text        COLLATE "C" NOT NULL DEFAULT 'waiting'
                CHECK (state IN ('waiting', 'preparing', 'reading', 'done', 'failed', 'stopped')),
    operation   text        NOT NULL DEFAULT '',
    sealed_url  text        NOT NULL DEFAULT '',   -- opens personal data to whoever has it
    is_partial  boolean     NOT NULL DEFAULT false,
    position    text        NOT NULL DEFAULT '',   -- where to read on; moved in the transaction of what was read
    expected    bigint      NOT NULL DEFAULT 0,
    objects     bigint      NOT NULL DEFAULT 0,
    events      bigint      NOT NULL DEFAULT 0,    -- that were new
    skipped     bigint      NOT NULL DEFAULT 0,
    failed      bigint      NOT NULL DEFAULT 0,
    attempts    integer     NOT NULL DEFAULT 0,    -- operations begun
    problem     text        NOT NULL DEFAULT '',
    asked_by    text        NOT NULL,
    asked_at    timestamptz NOT NULL,
    moved_at    timestamptz NOT NULL,
    PRIMARY KEY (shop_id, id)
);
CREATE INDEX events_backfill_store ON events_backfill (shop_id, store_id, id);
-- One at a time of a kind: a second one would do the same work again.
CREATE UNIQUE INDEX events_backfill_once ON events_backfill (shop_id, store_id, kind)
    WHERE state IN ('waiting', 'preparing', 'reading');
-- rls: events_backfill

-- The last reconciliation: a row a month and a row a payment status.
CREATE TABLE events_store_count (
    shop_id    bigint      NOT NULL,
    store_id   bigint      NOT NULL,
    kind       text        COLLATE "C" NOT NULL CHECK (kind IN ('orders', 'customers', 'products')),
    part       text        COLLATE "C" NOT NULL,   -- 'all', 'before', a month as 2026-03, or 'status:paid'
    since      timestamptz,
    until      timestamptz,
    theirs     bigint,                             -- null: the store does not say
    told       bigint      NOT NULL,
    held       bigint      NOT NULL,
    counted_at timestamptz NOT NULL,
    PRIMARY KEY (shop_id, store_id, kind, part)
);
-- rls: events_store_count
