-- Purpose: the table of a connection for what a batch's events end; made once, emptied when it is opened.
CREATE TEMP TABLE IF NOT EXISTS run_ending (
    shop_id bigint NOT NULL,
    customer_id bigint NOT NULL,
    run_id bigint NOT NULL,
    event_xid bigint NOT NULL,
    event_seq bigint NOT NULL,
    status smallint NOT NULL,
    reason text NOT NULL
)
