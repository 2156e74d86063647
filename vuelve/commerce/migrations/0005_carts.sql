-- Carts and checkouts, one row a cart and node: when something last happened in it, and how it ended. What is in a cart
-- is worked out from the log when somebody asks (the tick, a page): a row here for each product put in would make the
-- most frequent events of a shop the dearest.
CREATE TABLE commerce_cart (
    shop_id      bigint NOT NULL,
    customer_id  bigint NOT NULL,
    node_id      bigint NOT NULL,
    cart_id      text COLLATE "C" NOT NULL,       -- else the checkout's id; '' for the only cart of a shop that names none
    last_at      timestamptz NOT NULL,
    last_by      text COLLATE "C" NOT NULL,       -- message id
    historical   boolean NOT NULL,                -- the newest event is
    state        text COLLATE "C" NOT NULL DEFAULT 'open'
        -- open; ordered; abandoned; recovered: ordered after it was abandoned; closed: nobody was to be reminded (it was
        -- empty, or too old when it was looked at, or the same cart is in use under another of the customer's ids)
        CHECK (state IN ('open', 'ordered', 'abandoned', 'recovered', 'closed')),
    order_id     text COLLATE "C",                -- that closed it
    abandoned_at timestamptz,
    currency     text COLLATE "C",                -- these four as of abandonment
    value_minor  bigint,
    quantity     integer,
    products     json,
    PRIMARY KEY (shop_id, customer_id, cart_id, node_id)
);
CREATE INDEX commerce_cart_open ON commerce_cart (shop_id, last_at) WHERE state = 'open' AND NOT historical;
CREATE INDEX commerce_cart_named ON commerce_cart (shop_id, cart_id) WHERE cart_id <> '';
-- rls: commerce_cart

-- The cart, else the checkout, that an order came from.
ALTER TABLE commerce_order ADD COLUMN cart_id text COLLATE "C";
CREATE INDEX commerce_order_cart ON commerce_order (shop_id, cart_id) WHERE cart_id IS NOT NULL;

CREATE TABLE commerce_setting (
    shop_id                bigint PRIMARY KEY,
    cart_abandoned_minutes integer NOT NULL DEFAULT 60 CHECK (cart_abandoned_minutes BETWEEN 15 AND 10080)
);
-- rls: commerce_setting
