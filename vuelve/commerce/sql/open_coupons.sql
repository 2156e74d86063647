-- Purpose: coupons to be issued; emptied when it is opened. Rows: up to RUN_BATCH_ROWS.
-- The caller fills customer_id and idempotency_key; `issue_staged` the rest.
CREATE TEMP TABLE IF NOT EXISTS commerce_coupon_wanted (
    customer_id     bigint NOT NULL,
    idempotency_key text COLLATE "C" NOT NULL,
    code            text COLLATE "C",               -- the candidate
    is_fresh        boolean NOT NULL DEFAULT false  -- issued now, not before
);
CREATE TEMP TABLE IF NOT EXISTS commerce_coupon_candidate (
    idempotency_key text COLLATE "C" NOT NULL,
    code            text COLLATE "C" NOT NULL
);
SELECT vuelve_clear('pg_temp.commerce_coupon_wanted')
