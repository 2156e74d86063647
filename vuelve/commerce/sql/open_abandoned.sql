-- Purpose: the carts that a tick tells of; emptied when it is opened. Rows: up to a tick's.
CREATE TEMP TABLE IF NOT EXISTS commerce_abandoned (
    shop_id     bigint NOT NULL,
    customer_id bigint NOT NULL,
    cart_id     text COLLATE "C" NOT NULL,
    node_id     bigint NOT NULL,
    is_empty    boolean NOT NULL,
    currency    text COLLATE "C",
    value_minor bigint,
    quantity    integer,
    products    json,
    message_id  text,
    properties  json
);
SELECT vuelve_clear('pg_temp.commerce_abandoned')
