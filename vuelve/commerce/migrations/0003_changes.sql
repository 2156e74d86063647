-- An order id belongs to the earliest `Order Completed` that names it, by (occurred_at, message_id), whatever arrives
-- first. Before that one is known, to the earliest event of any kind: rows about the order wait under its customer, and
-- move when a better claim comes. All rows of an order stand under the customer and node of its key, and whoever
-- writes any of them locks the key first.
ALTER TABLE commerce_order_key
    ADD COLUMN node_id        bigint,
    ADD COLUMN claim_rank     smallint NOT NULL DEFAULT 1 CHECK (claim_rank IN (1, 2)),  -- 1 completed, 2 only mentioned
    ADD COLUMN claimed_at     timestamptz NOT NULL DEFAULT '-infinity',
    ADD COLUMN claimed_by     text COLLATE "C" NOT NULL DEFAULT '',  -- the event's message id
    ADD COLUMN event_seq      bigint,
    ADD COLUMN ordered_at     timestamptz,
    ADD COLUMN historical     boolean NOT NULL DEFAULT false,
    ADD COLUMN currency       text COLLATE "C",       -- as the claim said; an update may have changed the order since
    ADD COLUMN total_minor    bigint,
    ADD COLUMN cancelled_at   timestamptz,            -- the earliest cancellation
    ADD COLUMN cancelled_by   text COLLATE "C",
    ADD COLUMN cancel_reason  text,
    ADD COLUMN told_delivered boolean NOT NULL DEFAULT false;
UPDATE commerce_order_key k
SET node_id = k.customer_id, claimed_at = o.ordered_at, event_seq = o.event_seq, ordered_at = o.ordered_at,
    historical = o.historical, currency = o.currency, total_minor = o.total_minor
FROM commerce_order o
WHERE o.shop_id = k.shop_id AND o.customer_id = k.customer_id AND o.order_id = k.order_id;

ALTER TABLE commerce_order
    ADD COLUMN node_id        bigint,
    ADD COLUMN order_number   text COLLATE "C",       -- for people, "#1001"
    ADD COLUMN source_name    text,                   -- the store's word for where it was placed: web, pos
    ADD COLUMN status         text COLLATE "C" NOT NULL DEFAULT 'open'
        CHECK (status IN ('open', 'paid', 'partially_refunded', 'refunded', 'cancelled')),
    ADD COLUMN refunded_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN paid_minor     bigint NOT NULL DEFAULT 0,
    ADD COLUMN payment_state  text COLLATE "C",       -- null: nothing was said about payments
    ADD COLUMN payment_method text COLLATE "C",
    ADD COLUMN stated_method  text COLLATE "C",       -- as the order itself says, used while no payment says better
    ADD COLUMN cancelled_at   timestamptz,
    ADD COLUMN cancel_reason  text,
    ADD COLUMN delivered_at   timestamptz,            -- when the last parcel arrived; null while one is under way
    ADD COLUMN content_at     timestamptz,            -- of the newest event that said what is in the order
    ADD COLUMN content_by     text COLLATE "C",
    -- What is given back never exceeds what was paid for.
    ADD CONSTRAINT commerce_order_refunded CHECK (refunded_minor BETWEEN 0 AND total_minor);
UPDATE commerce_order SET node_id = customer_id, content_at = ordered_at, content_by = '';

ALTER TABLE commerce_item
    ADD COLUMN node_id           bigint,
    ADD COLUMN line_id           text COLLATE "C",    -- the store's own
    ADD COLUMN variant           text,
    ADD COLUMN refunded_quantity integer NOT NULL DEFAULT 0,
    ADD COLUMN refunded_minor    bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT commerce_item_refunded
        CHECK (refunded_quantity BETWEEN 0 AND quantity AND refunded_minor BETWEEN 0 AND amount_minor);
UPDATE commerce_item SET node_id = customer_id;

ALTER TABLE commerce_coupon ADD COLUMN node_id bigint;
UPDATE commerce_coupon SET node_id = customer_id;
ALTER TABLE commerce_coupon_refusal ADD COLUMN node_id bigint;
UPDATE commerce_coupon_refusal SET node_id = customer_id;
ALTER TABLE commerce_rejected ADD COLUMN node_id bigint;
UPDATE commerce_rejected SET node_id = customer_id;

-- The newest `Order Updated` of an order, kept whole: it may come before its order, or be the newest again when an
-- earlier `Order Completed` turns up.
CREATE TABLE commerce_order_update (
    shop_id     bigint NOT NULL,
    customer_id bigint NOT NULL,
    node_id     bigint NOT NULL,
    order_id    text COLLATE "C" NOT NULL,
    said_at     timestamptz NOT NULL,
    message_id  text COLLATE "C" NOT NULL,
    event_seq   bigint NOT NULL,
    properties  json NOT NULL,
    PRIMARY KEY (shop_id, customer_id, order_id)
);
-- rls: commerce_order_update

-- What was asked to be given back, and what of it the order could bear. A refund waits here for its order.
CREATE TABLE commerce_refund (
    shop_id      bigint NOT NULL,
    customer_id  bigint NOT NULL,
    node_id      bigint NOT NULL,
    order_id     text COLLATE "C" NOT NULL,
    refund_id    text COLLATE "C" NOT NULL,      -- the store's own, else of the event
    refunded_at  timestamptz NOT NULL,
    message_id   text COLLATE "C" NOT NULL,
    event_seq    bigint NOT NULL,
    currency     text COLLATE "C",                -- null: that of the order
    requested    numeric(24, 6),                  -- in major units; null: what the lines say, else everything
    lines        json,                            -- [{line_id, product_id, quantity, amount}], null: the whole order
    outcome      text COLLATE "C" NOT NULL DEFAULT 'waiting'
        CHECK (outcome IN ('waiting', 'applied', 'capped', 'other_currency')),
    amount_minor bigint NOT NULL DEFAULT 0 CHECK (amount_minor >= 0),
    excess_minor bigint NOT NULL DEFAULT 0 CHECK (excess_minor >= 0),
    PRIMARY KEY (shop_id, customer_id, order_id, refund_id)
);
-- rls: commerce_refund

CREATE TABLE commerce_payment (
    shop_id      bigint NOT NULL,
    customer_id  bigint NOT NULL,
    node_id      bigint NOT NULL,
    order_id     text COLLATE "C" NOT NULL,
    payment_id   text COLLATE "C" NOT NULL,
    said_at      timestamptz NOT NULL,            -- of the newest event about it, which has the last word
    message_id   text COLLATE "C" NOT NULL,
    state        text COLLATE "C" NOT NULL
        CHECK (state IN ('pending', 'authorized', 'paid', 'failed', 'refunded', 'voided')),
    method       text COLLATE "C",
    provider     text COLLATE "C",
    currency     text COLLATE "C",                -- null: that of the order
    amount       numeric(24, 6),                  -- in major units; null: the whole order
    amount_minor bigint CHECK (amount_minor >= 0),  -- null: its currency is another than the order's, or there is no order yet
    instalments  smallint CHECK (instalments > 0),
    PRIMARY KEY (shop_id, customer_id, order_id, payment_id)
);
-- rls: commerce_payment

ALTER TABLE commerce_shipment
    ADD COLUMN node_id         bigint,
    ADD COLUMN status          text COLLATE "C",      -- of the newest event: a milestone, or attempt_failed, pickup, ...
    ADD COLUMN tracking_number text COLLATE "C",
    ADD COLUMN message         text,                  -- the carrier's newest words
    ADD COLUMN items           json,                  -- [{line_id, product_id, quantity}] in this parcel, if said
    ADD COLUMN delivered_at    timestamptz,
    ADD COLUMN pickup_at       timestamptz,           -- since when it waits at a counter
    ADD COLUMN problem         text COLLATE "C" CHECK (problem IN ('attempt_failed', 'exception', 'expired')),
    ADD COLUMN problem_at      timestamptz,
    ADD COLUMN failed_attempts smallint NOT NULL DEFAULT 0;
UPDATE commerce_shipment SET node_id = customer_id;

-- All that was said about a parcel; the row of the parcel is made of these.
CREATE TABLE commerce_shipment_checkpoint (
    shop_id         bigint NOT NULL,
    customer_id     bigint NOT NULL,
    node_id         bigint NOT NULL,
    order_id        text COLLATE "C" NOT NULL,
    shipment_id     text COLLATE "C" NOT NULL,
    said_at         timestamptz NOT NULL,
    message_id      text COLLATE "C" NOT NULL,
    status          text COLLATE "C" NOT NULL,
    milestone       smallint NOT NULL CHECK (milestone BETWEEN 1 AND 5),
    message         text,
    carrier         text,
    tracking_number text COLLATE "C",
    tracking_url    text,
    eta_date        date,
    items           json,
    PRIMARY KEY (shop_id, customer_id, order_id, shipment_id, said_at, message_id)
);
-- rls: commerce_shipment_checkpoint
INSERT INTO commerce_shipment_checkpoint (shop_id, customer_id, node_id, order_id, shipment_id, said_at, message_id, status,
    milestone, carrier, tracking_url, eta_date)
SELECT shop_id, customer_id, node_id, order_id, shipment_id, updated_at, '',
       (ARRAY['other', 'packed', 'in_transit', 'out_for_delivery', 'delivered'])[milestone], milestone, carrier, tracking_url,
       eta_date
FROM commerce_shipment;
-- A parcel of an order that is not known yet holds its order id, too.
INSERT INTO commerce_order_key (shop_id, order_id, customer_id, node_id, claim_rank, claimed_at)
SELECT DISTINCT ON (shop_id, order_id) shop_id, order_id, customer_id, node_id, 2, updated_at
FROM commerce_shipment ORDER BY shop_id, order_id, updated_at
ON CONFLICT DO NOTHING;

-- Which coupons a cancelled order gives back.
CREATE INDEX commerce_coupon_order ON commerce_coupon (shop_id, redeemed_order_id) WHERE redeemed_order_id IS NOT NULL;
