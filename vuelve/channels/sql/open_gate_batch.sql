-- Purpose: the claimed messages of one batch, as gates see them; made once a connection, emptied when it is opened.
-- A gate sets verdict ('withheld' with a reason, or 'delayed' with until and a reason) where verdict is null;
-- what is null in the end passes.
CREATE TEMP TABLE IF NOT EXISTS gate_batch (
    shop_id             bigint NOT NULL,
    customer_id         bigint NOT NULL,  -- as in the message's key
    id                  bigint NOT NULL,
    owner_id            bigint NOT NULL,  -- who that customer is now, after merges
    idempotency_key     text NOT NULL,
    channel             text NOT NULL,
    purpose             text NOT NULL,
    template_version_id bigint NOT NULL,
    journey_id          bigint,
    event_xid           bigint,
    event_seq           bigint,
    data                jsonb NOT NULL,
    attempts            smallint NOT NULL,
    claimed_at          timestamptz,      -- of an earlier try
    address             text,
    locale              text,
    country             text,
    time_zone           text,             -- of the customer, else of the country
    shop_time_zone      text NOT NULL,
    verdict             text CHECK (verdict IN ('withheld', 'delayed')),
    reason              text,
    until               timestamptz
)
