-- Purpose: coupons that orders name, and what became of each; emptied when it is opened. Rows: few a batch.
CREATE TEMP TABLE IF NOT EXISTS commerce_coupon_use (
    shop_id     bigint NOT NULL,
    customer_id bigint NOT NULL,   -- canonical
    node_id     bigint NOT NULL,
    order_id    text COLLATE "C" NOT NULL,
    code        text COLLATE "C" NOT NULL,
    used_at     timestamptz NOT NULL,
    position    bigint NOT NULL,   -- the first one has it
    historical  boolean NOT NULL,
    -- redeemed, repeated (by the same order), expired, already_redeemed, other_customer; null: no coupon of ours
    outcome     text
);
SELECT vuelve_clear('pg_temp.commerce_coupon_use')
