-- Purpose: what `rules.refunds` made of the refunds of a batch; emptied when it is opened. Rows: few.
CREATE TEMP TABLE IF NOT EXISTS commerce_refund_out (
    shop_id      bigint NOT NULL,
    customer_id  bigint NOT NULL,
    order_id     text COLLATE "C" NOT NULL,
    refund_id    text COLLATE "C" NOT NULL,
    outcome      text NOT NULL,
    amount_minor bigint NOT NULL,
    excess_minor bigint NOT NULL
);
CREATE TEMP TABLE IF NOT EXISTS commerce_item_out (
    shop_id           bigint NOT NULL,
    customer_id       bigint NOT NULL,
    order_id          text COLLATE "C" NOT NULL,
    line              smallint NOT NULL,
    refunded_quantity integer NOT NULL,
    refunded_minor    bigint NOT NULL
);
SELECT vuelve_clear('pg_temp.commerce_refund_out', 'pg_temp.commerce_item_out')
