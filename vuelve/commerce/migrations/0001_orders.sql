CREATE TABLE commerce_order (
    shop_id        bigint NOT NULL,
    customer_id    bigint NOT NULL,
    order_id       text COLLATE "C" NOT NULL,   -- the store's own
    ordered_at     timestamptz NOT NULL,
    currency       text COLLATE "C" NOT NULL,
    subtotal_minor bigint NOT NULL,              -- after discounts, without shipping and tax
    discount_minor bigint NOT NULL DEFAULT 0,
    shipping_minor bigint NOT NULL DEFAULT 0,
    tax_minor      bigint NOT NULL DEFAULT 0,
    total_minor    bigint NOT NULL,
    coupon_code    text COLLATE "C",
    historical     boolean NOT NULL DEFAULT false,
    event_seq      bigint NOT NULL,
    PRIMARY KEY (shop_id, customer_id, order_id)
);
CREATE INDEX commerce_order_time ON commerce_order (shop_id, ordered_at);
-- rls: commerce_order

-- Idempotency: an order id is taken once in a shop, whoever bought.
CREATE TABLE commerce_order_key (
    shop_id     bigint NOT NULL,
    order_id    text COLLATE "C" NOT NULL,
    customer_id bigint NOT NULL,
    PRIMARY KEY (shop_id, order_id)
);
-- rls: commerce_order_key

CREATE TABLE commerce_item (
    shop_id      bigint NOT NULL,
    customer_id  bigint NOT NULL,
    order_id     text COLLATE "C" NOT NULL,
    line         smallint NOT NULL,
    ordered_at   timestamptz NOT NULL,
    product_id   text COLLATE "C" NOT NULL,
    category     text COLLATE "C",               -- at the time of the order
    quantity     integer NOT NULL,
    price_minor  bigint NOT NULL,                 -- of one unit
    amount_minor bigint NOT NULL,                 -- of the line, after discounts
    PRIMARY KEY (shop_id, customer_id, order_id, line)
);
-- rls: commerce_item

CREATE TABLE commerce_product (
    shop_id    bigint NOT NULL,
    product_id text COLLATE "C" NOT NULL,
    sku        text COLLATE "C",
    name       text,
    category   text COLLATE "C",
    brand      text,
    image_url  text,
    url        text,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (shop_id, product_id)
);
CREATE INDEX commerce_product_category ON commerce_product (shop_id, category);
-- rls: commerce_product

-- One row a parcel. The milestone only moves forward.
CREATE TABLE commerce_shipment (
    shop_id      bigint NOT NULL,
    customer_id  bigint NOT NULL,
    order_id     text COLLATE "C" NOT NULL,
    shipment_id  text COLLATE "C" NOT NULL,
    milestone    smallint NOT NULL CHECK (milestone BETWEEN 1 AND 5),  -- confirmed, packed, in transit, out for delivery, delivered
    carrier      text,
    tracking_url text,
    eta_date     date,
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (shop_id, customer_id, order_id, shipment_id)
);
-- rls: commerce_shipment

CREATE TABLE commerce_coupon (
    shop_id           bigint NOT NULL,
    customer_id       bigint NOT NULL,
    code              text COLLATE "C" NOT NULL,
    percent           smallint CHECK (percent BETWEEN 1 AND 100),
    amount_minor      bigint CHECK (amount_minor > 0),
    currency          text COLLATE "C",
    issued_at         timestamptz NOT NULL,
    expires_at        timestamptz NOT NULL CHECK (expires_at > issued_at),
    idempotency_key   text COLLATE "C" NOT NULL,
    redeemed_at       timestamptz,
    redeemed_order_id text COLLATE "C",
    PRIMARY KEY (shop_id, customer_id, code),
    UNIQUE (shop_id, code),
    UNIQUE (shop_id, idempotency_key),
    CHECK ((percent IS NULL) <> (amount_minor IS NULL)),
    CHECK ((amount_minor IS NULL) = (currency IS NULL)),
    CHECK ((redeemed_at IS NULL) = (redeemed_order_id IS NULL))
);
-- rls: commerce_coupon

-- A coupon that an order named and that could not be redeemed, with the reason: the store had accepted it.
CREATE TABLE commerce_coupon_refusal (
    shop_id     bigint NOT NULL,
    customer_id bigint NOT NULL,
    order_id    text COLLATE "C" NOT NULL,
    code        text COLLATE "C" NOT NULL,
    reason      text NOT NULL,   -- expired, already_redeemed, other_customer
    refused_at  timestamptz NOT NULL,
    PRIMARY KEY (shop_id, customer_id, order_id, code)
);
-- rls: commerce_coupon_refusal
