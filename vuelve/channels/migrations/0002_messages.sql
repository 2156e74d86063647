CREATE SEQUENCE channels_message_id;

CREATE TABLE channels_message (
    shop_id             bigint NOT NULL,
    customer_id         bigint NOT NULL,
    id                  bigint NOT NULL DEFAULT nextval('channels_message_id'),
    idempotency_key     text COLLATE "C" NOT NULL,       -- run, step and channel
    channel             text COLLATE "C" NOT NULL,
    purpose             text COLLATE "C" NOT NULL CHECK (purpose IN ('transactional', 'loyalty', 'survey', 'marketing')),
    status              text COLLATE "C" NOT NULL DEFAULT 'queued' CHECK (status IN
        ('queued', 'sending', 'accepted', 'delivered', 'read', 'clicked', 'replied', 'bounced', 'failed', 'unknown', 'withheld')),
    reason              text COLLATE "C",                -- why withheld, failed, bounced, unknown
    template_version_id bigint NOT NULL,
    journey_id          bigint,
    journey_version_id  bigint,
    step_key            text COLLATE "C",
    run_id              bigint,
    event_xid           bigint,                          -- the event that the message answers
    event_seq           bigint,
    data                jsonb NOT NULL DEFAULT '{}',     -- step outputs; once rendered, all that the template was given
    locale              text COLLATE "C",                -- chosen when rendered
    address             text COLLATE "C",                -- chosen by the gate
    subject             text,
    provider            text COLLATE "C",
    provider_message_id text COLLATE "C",
    attempts            smallint NOT NULL DEFAULT 0,
    queued_at           timestamptz NOT NULL,
    due_at              timestamptz NOT NULL,            -- not before: quiet hours and retries move it
    claimed_at          timestamptz,
    sent_at             timestamptz,
    finished_at         timestamptz,                     -- when the last status came
    PRIMARY KEY (shop_id, customer_id, id),
    UNIQUE (shop_id, customer_id, idempotency_key)
);
CREATE INDEX channels_message_due ON channels_message (due_at) WHERE status = 'queued';
CREATE INDEX channels_message_claimed ON channels_message (claimed_at) WHERE status = 'sending';
CREATE INDEX channels_message_recent ON channels_message (shop_id, id DESC);
CREATE INDEX channels_message_journey ON channels_message (shop_id, journey_id, id DESC);
-- rls: channels_message

-- Addresses that must not be written to, whoever they belong to.
CREATE TABLE channels_suppression (
    shop_id       bigint NOT NULL,
    channel       text COLLATE "C" NOT NULL,
    address       text COLLATE "C" NOT NULL,
    reason        text COLLATE "C" NOT NULL,   -- unsubscribed, bounced, complained, manual
    suppressed_at timestamptz NOT NULL,
    PRIMARY KEY (shop_id, channel, address)
);
-- rls: channels_suppression
