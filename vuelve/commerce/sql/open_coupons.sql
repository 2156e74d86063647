-- Purpose: coupons to be issued; emptied by each commit. Rows: up to RUN_BATCH_ROWS.
-- The caller fills customer_id and idempotency_key; `issue_staged` the rest.
CREATE TEMP TABLE IF NOT EXISTS commerce_coupon_wanted (
    customer_id     bigint NOT NULL,
    idempotency_key text COLLATE "C" NOT NULL,
    code            text COLLATE "C",               -- the candidate
    is_fresh        boolean NOT NULL DEFAULT false  -- issued now, not before
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS commerce_coupon_candidate (
    idempotency_key text COLLATE "C" NOT NULL,
    code            text COLLATE "C" NOT NULL
) ON COMMIT DELETE ROWS;
DELETE FROM pg_temp.commerce_coupon_wanted
