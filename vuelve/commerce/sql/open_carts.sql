-- Purpose: what a batch says of carts, and which carts that changed; emptied when it is opened.
-- Rows: up to CONSUMER_BATCH_ROWS.
CREATE TEMP TABLE IF NOT EXISTS commerce_cart_in (
    shop_id     bigint NOT NULL,
    customer_id bigint NOT NULL,
    node_id     bigint NOT NULL,
    seq         bigint NOT NULL,
    at          timestamptz NOT NULL,
    message_id  text COLLATE "C" NOT NULL,
    historical  boolean NOT NULL,
    name        text COLLATE "C" NOT NULL,
    cart_id     text COLLATE "C" NOT NULL,
    is_activity boolean NOT NULL,   -- not what a store says of a checkout once its order is placed
    reason      text
);
CREATE TEMP TABLE IF NOT EXISTS commerce_cart_news (
    shop_id     bigint NOT NULL,
    customer_id bigint NOT NULL,
    node_id     bigint NOT NULL,
    cart_id     text COLLATE "C" NOT NULL,
    last_at     timestamptz NOT NULL
);
SELECT vuelve_clear('pg_temp.commerce_cart_in', 'pg_temp.commerce_cart_news')
