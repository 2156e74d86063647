CREATE SEQUENCE customers_erasure_id;

-- One request to erase one person, and its report. No personal data: ids that lead nowhere once it is finished.
CREATE TABLE customers_erasure (
    shop_id      bigint NOT NULL,
    id           bigint NOT NULL DEFAULT nextval('customers_erasure_id'),
    subject_id   bigint NOT NULL,                              -- the customer who was asked for
    subject_ids  bigint[] NOT NULL DEFAULT '{}',               -- with every profile that counted for them
    remains_id   bigint NOT NULL DEFAULT nextval('customers_id'),  -- orders stay under it; nobody's
    state        text COLLATE "C" NOT NULL DEFAULT 'requested' CHECK (state IN ('requested', 'erasing', 'verifying', 'finished')),
    requested_by text NOT NULL,                                -- a member's e-mail, or api, cli, shopify, retention
    requested_at timestamptz NOT NULL,
    erased_at    timestamptz,                                  -- from then on nothing older comes back
    finished_at  timestamptz,
    sealed       text,                                         -- the identifiers, sealed; gone once it is finished
    counts       jsonb NOT NULL DEFAULT '{}',                  -- rows erased or made nameless, by table
    verification jsonb NOT NULL DEFAULT '{}',                  -- what was searched afterwards, and what was found
    PRIMARY KEY (shop_id, id),
    UNIQUE (shop_id, subject_id),
    CHECK ((state = 'finished') = (finished_at IS NOT NULL)),
    CHECK (state <> 'finished' OR sealed IS NULL)
);
-- rls: customers_erasure

-- By what erased people are known again: keyed hashes, since a list of addresses would be personal data.
CREATE TABLE customers_erased (
    shop_id     bigint NOT NULL,
    hash        text COLLATE "C" NOT NULL,                     -- HMAC-SHA256 of kind and value, with a key of the shop's
    kind        smallint NOT NULL CHECK (kind BETWEEN 1 AND 4),
    erasure_id  bigint NOT NULL,
    remains_id  bigint NOT NULL,
    erased_at   timestamptz NOT NULL,
    reopened_at timestamptz CHECK (reopened_at > erased_at),   -- the person came back: an order, an opt-in
    PRIMARY KEY (shop_id, hash)
);
CREATE INDEX customers_erased_erasure ON customers_erased (shop_id, erasure_id);
-- rls: customers_erased

CREATE SEQUENCE customers_disclosure_id;

-- One request for a copy of one person's data. The copy is made when it is downloaded, and kept nowhere.
CREATE TABLE customers_disclosure (
    shop_id       bigint NOT NULL,
    id            bigint NOT NULL DEFAULT nextval('customers_disclosure_id'),
    subject_id    bigint NOT NULL,
    requested_by  text NOT NULL,
    requested_at  timestamptz NOT NULL,
    downloaded_at timestamptz,
    PRIMARY KEY (shop_id, id)
);
CREATE UNIQUE INDEX customers_disclosure_open ON customers_disclosure (shop_id, subject_id) WHERE downloaded_at IS NULL;
-- rls: customers_disclosure
