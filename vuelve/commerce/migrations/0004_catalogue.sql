-- What the catalogue itself says of a product (`Product Updated`), field by field: the newest event that names a field
-- has it, whatever arrives first.
CREATE TABLE commerce_product_fact (
    shop_id    bigint NOT NULL,
    product_id text COLLATE "C" NOT NULL,
    field      text COLLATE "C" NOT NULL,
    said_at    timestamptz NOT NULL,
    message_id text COLLATE "C" NOT NULL,
    value      jsonb NOT NULL,
    PRIMARY KEY (shop_id, product_id, field)
);
-- rls: commerce_product_fact

-- `updated_at` is the time of the newest order that described the product; orders fill only what the catalogue leaves open.
ALTER TABLE commerce_product
    ADD COLUMN said         text[] COLLATE "C" NOT NULL DEFAULT '{}',   -- the fields that the catalogue has
    ADD COLUMN catalogue_at timestamptz,
    ADD COLUMN categories   text[] COLLATE "C",
    ADD COLUMN images       text[],
    ADD COLUMN price_minor  bigint CHECK (price_minor >= 0),
    ADD COLUMN currency     text COLLATE "C",
    ADD COLUMN stock        integer CHECK (stock >= 0),                 -- null: not known
    ADD COLUMN is_active    boolean NOT NULL DEFAULT true,
    ADD COLUMN deleted_at   timestamptz,
    ADD COLUMN variants     jsonb;                                      -- [{variant_id, sku, name, price_minor, stock}]

-- A web address, or null for what is none: it will stand in a link.
CREATE FUNCTION commerce_address(raw text, chars integer) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    CASE WHEN raw ~* '^https?://' AND length(raw) <= chars THEN raw END;

-- Before every event; drivers cannot read an infinite one.
ALTER TABLE commerce_order_key ALTER COLUMN claimed_at SET DEFAULT '1970-01-01Z';
UPDATE commerce_order_key SET claimed_at = '1970-01-01Z' WHERE claimed_at = '-infinity';
