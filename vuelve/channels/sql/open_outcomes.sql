-- Purpose: what becomes of each message of a batch; made once a connection, emptied when it is opened.
CREATE TEMP TABLE IF NOT EXISTS message_outcome (
    shop_id             bigint NOT NULL,
    customer_id         bigint NOT NULL,
    id                  bigint NOT NULL,
    owner_id            bigint NOT NULL,
    was_claimed_at      timestamptz,      -- the claim that this is the outcome of; null of a queued message
    status              text NOT NULL,
    reason              text,
    due_at              timestamptz,      -- null here and below: stays as it is
    address             text,
    locale              text,
    subject             text,
    provider            text,
    provider_message_id text,
    data                jsonb,
    attempts            smallint,
    claimed_at          timestamptz,      -- as it is from now on
    sent_at             timestamptz,
    finished_at         timestamptz
)
