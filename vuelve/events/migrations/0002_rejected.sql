-- Events that were refused, so that a developer sees which and why: 30 days, the newest REJECTS_PER_SHOP_MAX of a shop.
-- The text of an event may hold anything a customer typed: nobody's profile is made from it, and it goes with its age.
CREATE TABLE events_rejected (
    shop_id     bigint      NOT NULL,
    id          bigint      GENERATED ALWAYS AS IDENTITY,       -- the newest has the highest
    received_at timestamptz NOT NULL,
    source      text        COLLATE "C" NOT NULL,               -- api, shopify, csv, ...: as in events_event
    code        text        COLLATE "C" NOT NULL,               -- as in the answer, see docs/events.md
    field       text,                                           -- as the sender calls it
    message     text        NOT NULL,
    hint        text,
    batch_index integer     CHECK (batch_index >= 0),           -- of the event in its batch; null: the whole request
    event_type  text,                                           -- track, identify, ...; null where it could not be read
    event_name  text,
    bytes       integer     NOT NULL CHECK (bytes >= 0),        -- of the whole, whatever the excerpt holds
    excerpt     text        NOT NULL CHECK (octet_length(excerpt) <= 4096),
    PRIMARY KEY (shop_id, id)
);
CREATE INDEX events_rejected_age ON events_rejected USING brin (received_at);
-- rls: events_rejected
