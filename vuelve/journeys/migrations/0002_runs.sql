CREATE SEQUENCE journeys_run_id;

-- A customer's way through one version. It waits here, never in memory.
CREATE TABLE journeys_run (
    shop_id         bigint NOT NULL,
    customer_id     bigint NOT NULL,
    id              bigint NOT NULL DEFAULT nextval('journeys_run_id'),
    journey_id      bigint NOT NULL,
    version_id      bigint NOT NULL,
    entry_key       text COLLATE "C" NOT NULL,    -- '' once, a property's value, or the message id
    status          smallint NOT NULL DEFAULT 0 CHECK (status IN (0, 1, 2, 3, 4)),  -- active, finished, goal, exited, failed
    step_key        text COLLATE "C" NOT NULL,
    entered_step_at timestamptz NOT NULL,
    wake_at         timestamptz,                   -- null when ended
    event_xid       bigint,
    event_seq       bigint,
    data            jsonb NOT NULL DEFAULT '{}',   -- what steps produced, by step output name
    entered_at      timestamptz NOT NULL,
    ended_at        timestamptz,
    end_reason      text COLLATE "C",
    PRIMARY KEY (shop_id, customer_id, id),
    UNIQUE (shop_id, customer_id, journey_id, entry_key),
    CHECK ((status = 0) = (wake_at IS NOT NULL)),
    CHECK ((status = 0) = (ended_at IS NULL))
) WITH (fillfactor = 80);
-- By journey: the due runs of a paused journey stay where they are, and no claim has to pass over them.
CREATE INDEX journeys_run_due ON journeys_run (shop_id, journey_id, wake_at) WHERE status = 0;
CREATE INDEX journeys_run_standing ON journeys_run (shop_id, journey_id, step_key) WHERE status = 0;
-- rls: journeys_run

-- Every move of every run: append-only, partitioned by month.
CREATE TABLE journeys_transition (
    shop_id     bigint NOT NULL,
    customer_id bigint NOT NULL,
    run_id      bigint NOT NULL,
    version_id  bigint NOT NULL,
    at          timestamptz NOT NULL,
    step_key    text COLLATE "C" NOT NULL,   -- the step that was left; '' is the entry
    outcome     text COLLATE "C" NOT NULL
) PARTITION BY RANGE (at);
CREATE INDEX journeys_transition_run ON journeys_transition (shop_id, customer_id, run_id);
-- rls: journeys_transition

-- Moves counted per step and outcome, so that no page counts the log. `slot` spreads the writers.
CREATE TABLE journeys_tally (
    shop_id    bigint NOT NULL,
    version_id bigint NOT NULL,
    step_key   text COLLATE "C" NOT NULL,
    outcome    text COLLATE "C" NOT NULL,
    slot       smallint NOT NULL,
    moves      bigint NOT NULL,
    PRIMARY KEY (shop_id, version_id, step_key, outcome, slot)
);
-- rls: journeys_tally

-- Runs stand on versions, and workers keep their graphs in memory: a version is for good.
CREATE FUNCTION journeys_version_is_for_good() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a published version is never changed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER journeys_version_is_for_good BEFORE UPDATE ON journeys_version
    FOR EACH ROW EXECUTE FUNCTION journeys_version_is_for_good();
