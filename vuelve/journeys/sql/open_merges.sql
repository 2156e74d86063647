-- Purpose: the table of a connection for the merges of a batch; made once, emptied when it is opened.
CREATE TEMP TABLE IF NOT EXISTS run_merge (
    shop_id bigint NOT NULL,
    from_id bigint NOT NULL,
    into_id bigint NOT NULL
)
