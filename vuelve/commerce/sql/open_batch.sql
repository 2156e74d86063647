-- Purpose: the working tables of a connection; made once, emptied when it is opened.
-- Rows: `_in` tables up to CONSUMER_BATCH_ROWS, line_in some ten times as many.
-- Everywhere: `at` and `message_id` of the event order what was said; `reason` is why the event is rejected.
CREATE TEMP TABLE IF NOT EXISTS commerce_order_in (
    shop_id        bigint NOT NULL,
    customer_id    bigint NOT NULL,   -- canonical when the batch began; once it is to be written: that of the order
    node_id        bigint NOT NULL,
    xid            bigint NOT NULL,
    seq            bigint NOT NULL,
    at             timestamptz NOT NULL,
    message_id     text COLLATE "C" NOT NULL,
    claim_rank     smallint NOT NULL, -- 1 Order Completed, 2 Order Updated
    rank           integer NOT NULL,  -- by time: the higher one knows better what a product is called
    ordered_at     timestamptz NOT NULL,
    historical     boolean NOT NULL,
    order_id       text COLLATE "C",
    order_number   text COLLATE "C",
    source_name    text,
    currency       text COLLATE "C",
    per_major      integer,           -- minor units in one major unit
    subtotal_minor bigint,
    discount_minor bigint,
    shipping_minor bigint,
    tax_minor      bigint,
    total_minor    bigint,
    coupon_code    text COLLATE "C",
    stated_method  text COLLATE "C",
    cart_id        text COLLATE "C",
    lines          integer,
    has_payments   boolean NOT NULL,
    reason         text,
    is_content     boolean NOT NULL DEFAULT false,  -- it says what is in the order, and is to be written
    is_new         boolean NOT NULL DEFAULT false   -- and the order was not there before
);
CREATE TEMP TABLE IF NOT EXISTS commerce_line_in (
    seq          bigint NOT NULL,     -- of the order's event
    line         smallint NOT NULL,
    position     bigint NOT NULL,     -- order's rank, then line: unique in the batch
    ordered_at   timestamptz NOT NULL,
    shop_id      bigint NOT NULL,
    line_id      text COLLATE "C",
    product_id   text COLLATE "C",
    variant      text,
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
CREATE TEMP TABLE IF NOT EXISTS commerce_refund_in (
    shop_id     bigint NOT NULL,
    customer_id bigint NOT NULL,
    node_id     bigint NOT NULL,
    seq         bigint NOT NULL,
    at          timestamptz NOT NULL,
    message_id  text COLLATE "C" NOT NULL,
    order_id    text COLLATE "C",
    refund_id   text COLLATE "C",
    currency    text COLLATE "C",
    requested   numeric,
    lines       json,
    reason      text
);
CREATE TEMP TABLE IF NOT EXISTS commerce_cancel_in (
    shop_id       bigint NOT NULL,
    customer_id   bigint NOT NULL,
    node_id       bigint NOT NULL,
    seq           bigint NOT NULL,
    at            timestamptz NOT NULL,
    message_id    text COLLATE "C" NOT NULL,
    order_id      text COLLATE "C",
    cancel_reason text,
    reason        text
);
CREATE TEMP TABLE IF NOT EXISTS commerce_payment_in (
    shop_id     bigint NOT NULL,
    customer_id bigint NOT NULL,
    node_id     bigint NOT NULL,
    seq         bigint NOT NULL,
    at          timestamptz NOT NULL,
    message_id  text COLLATE "C" NOT NULL,
    event_name  text COLLATE "C" NOT NULL,
    order_id    text COLLATE "C",
    payment_id  text COLLATE "C",
    state       text COLLATE "C",
    method      text COLLATE "C",
    provider    text COLLATE "C",
    currency    text COLLATE "C",
    amount      numeric,
    instalments smallint,
    reason      text
);
CREATE TEMP TABLE IF NOT EXISTS commerce_shipment_in (
    shop_id         bigint NOT NULL,
    customer_id     bigint NOT NULL,   -- that of the order, once its key is held
    node_id         bigint NOT NULL,
    xid             bigint NOT NULL,
    seq             bigint NOT NULL,
    at              timestamptz NOT NULL,
    message_id      text COLLATE "C" NOT NULL,
    historical      boolean NOT NULL,
    order_id        text COLLATE "C",
    shipment_id     text COLLATE "C",
    status          text COLLATE "C",
    milestone       smallint,          -- 1 for a status that is no milestone
    stored          smallint NOT NULL DEFAULT 1,  -- the shipment's milestone before the batch
    message         text,
    carrier         text,
    tracking_number text COLLATE "C",
    tracking_url    text,
    eta_date        date,
    items           json,
    is_fresh        boolean NOT NULL DEFAULT false,  -- was not known before the batch
    reason          text
);
-- One row an order that the batch says anything about; its key is held from `hold_orders` to the commit.
CREATE TEMP TABLE IF NOT EXISTS commerce_touch (
    shop_id         bigint NOT NULL,
    order_id        text COLLATE "C" NOT NULL,
    claim_rank      smallint NOT NULL,   -- the best claim: of the batch, then that which holds
    claimed_at      timestamptz NOT NULL,
    claimed_by      text COLLATE "C" NOT NULL,
    customer_id     bigint NOT NULL,
    node_id         bigint NOT NULL,
    event_seq       bigint,
    ordered_at      timestamptz,
    historical      boolean NOT NULL,
    currency        text COLLATE "C",
    total_minor     bigint,
    is_fresh        boolean NOT NULL DEFAULT false,  -- nothing was known of the order
    is_claimed      boolean NOT NULL DEFAULT true,   -- by an event of this batch
    old_rank        smallint,
    old_customer_id bigint,
    old_node_id     bigint,
    old_claimed_by  text COLLATE "C",
    old_event_seq   bigint,
    old_currency    text COLLATE "C",
    old_total_minor bigint,
    cancelled_at    timestamptz,
    cancel_reason   text,
    told_delivered  boolean NOT NULL DEFAULT false
);
-- Rows to be moved from one customer to another: of a node, of one order, or (both null) all.
CREATE TEMP TABLE IF NOT EXISTS commerce_move (
    shop_id   bigint NOT NULL,
    from_id   bigint NOT NULL,
    into_id   bigint NOT NULL,
    node_id   bigint,
    order_id  text COLLATE "C",
    into_node bigint               -- the node they have afterwards; null: the same
);
-- Reports that are no event's own reason.
CREATE TEMP TABLE IF NOT EXISTS commerce_report (
    shop_id     bigint NOT NULL,
    customer_id bigint NOT NULL,
    node_id     bigint,
    seq         bigint NOT NULL,
    name        text COLLATE "C" NOT NULL,
    order_id    text COLLATE "C",
    reason      text NOT NULL
);
SELECT vuelve_clear('pg_temp.commerce_order_in', 'pg_temp.commerce_line_in', 'pg_temp.commerce_refund_in',
    'pg_temp.commerce_cancel_in', 'pg_temp.commerce_payment_in', 'pg_temp.commerce_shipment_in', 'pg_temp.commerce_touch',
    'pg_temp.commerce_move', 'pg_temp.commerce_report')
