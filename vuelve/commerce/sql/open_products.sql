-- Purpose: what a batch says of the catalogue; emptied when it is opened. Rows: up to CONSUMER_BATCH_ROWS.
CREATE TEMP TABLE IF NOT EXISTS commerce_product_in (
    shop_id     bigint NOT NULL,
    customer_id bigint NOT NULL,
    node_id     bigint NOT NULL,
    seq         bigint NOT NULL,
    at          timestamptz NOT NULL,
    message_id  text COLLATE "C" NOT NULL,
    name        text COLLATE "C" NOT NULL,
    product_id  text COLLATE "C",
    facts       jsonb NOT NULL,
    reason      text
);
SELECT vuelve_clear('pg_temp.commerce_product_in')
