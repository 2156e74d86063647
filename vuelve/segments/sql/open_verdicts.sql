-- Purpose: what the evaluation of a batch of customers says, and what that changes. Rows: members among the batch.
-- Index: none, they are read as a whole.
CREATE TEMP TABLE IF NOT EXISTS segment_touched (
    shop_id     bigint NOT NULL,
    customer_id bigint NOT NULL
);
CREATE TEMP TABLE IF NOT EXISTS segment_verdict (
    segment_id  bigint NOT NULL,
    customer_id bigint NOT NULL
);
CREATE TEMP TABLE IF NOT EXISTS segment_change (
    segment_id  bigint  NOT NULL,
    customer_id bigint  NOT NULL,
    has_entered boolean NOT NULL
)
