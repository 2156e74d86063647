-- Purpose: the table of a connection in which claimed runs move; made once, emptied when it is opened.
-- `place` is where the run's row lies: it is locked, so it cannot move, and the way back needs no index.
CREATE TEMP TABLE IF NOT EXISTS run_batch (
    shop_id bigint NOT NULL,
    customer_id bigint NOT NULL,
    run_id bigint NOT NULL,
    journey_id bigint NOT NULL,
    version_id bigint NOT NULL,
    step_key text COLLATE "C" NOT NULL,
    entered_step_at timestamptz NOT NULL,
    event_xid bigint,
    event_seq bigint,
    entry_key text COLLATE "C" NOT NULL,
    entered_at timestamptz NOT NULL,
    data jsonb NOT NULL,
    outcome text COLLATE "C",
    wake_at timestamptz,
    status smallint NOT NULL DEFAULT 0,
    end_reason text COLLATE "C",
    place tid NOT NULL
)
