-- Purpose: the working tables of a connection; made once, emptied when it is opened.
-- Rows: order_in and shipment_in up to CONSUMER_BATCH_ROWS, line_in some ten times as many.
CREATE TEMP TABLE IF NOT EXISTS commerce_order_in (
    shop_id        bigint NOT NULL,
    customer_id    bigint NOT NULL,   -- canonical when the batch began
    xid            bigint NOT NULL,
    seq            bigint NOT NULL,
    rank           integer NOT NULL,  -- by ordered_at: the higher one knows better what a product is called
    ordered_at     timestamptz NOT NULL,
    historical     boolean NOT NULL,
    order_id       text COLLATE "C",
    currency       text COLLATE "C",
    per_major      integer,           -- minor units in one major unit
    subtotal_minor bigint,
    discount_minor bigint,
    shipping_minor bigint,
    tax_minor      bigint,
    total_minor    bigint,
    coupon_code    text COLLATE "C",
    lines          integer,
    reason         text,              -- why it is rejected
    is_new         boolean NOT NULL DEFAULT false
);
CREATE TEMP TABLE IF NOT EXISTS commerce_line_in (
    seq          bigint NOT NULL,     -- of the order's event
    line         smallint NOT NULL,
    position     bigint NOT NULL,     -- order's rank, then line: unique in the batch
    ordered_at   timestamptz NOT NULL,
    shop_id      bigint NOT NULL,
    product_id   text COLLATE "C",
    sku          text COLLATE "C",
    name         text,
    category     text COLLATE "C",
    brand        text,
    image_url    text,
    url          text,
    coupon_code  text COLLATE "C",
    quantity     integer,
    price_minor  bigint,
    amount_minor bigint,
    reason       text
);
CREATE TEMP TABLE IF NOT EXISTS commerce_shipment_in (
    shop_id      bigint NOT NULL,
    customer_id  bigint NOT NULL,
    xid          bigint NOT NULL,
    seq          bigint NOT NULL,
    occurred_at  timestamptz NOT NULL,
    historical   boolean NOT NULL,
    order_id     text COLLATE "C",
    shipment_id  text COLLATE "C",
    milestone    smallint,            -- 1 for a status that is no milestone
    stored       smallint,            -- the shipment's milestone before the batch
    carrier      text,
    tracking_url text,
    eta_date     date,
    reason       text
);
CREATE TEMP TABLE IF NOT EXISTS commerce_merge_in (
    shop_id bigint NOT NULL,
    from_id bigint NOT NULL,
    into_id bigint NOT NULL
);
SELECT vuelve_clear('pg_temp.commerce_order_in', 'pg_temp.commerce_line_in', 'pg_temp.commerce_shipment_in', 'pg_temp.commerce_merge_in')
