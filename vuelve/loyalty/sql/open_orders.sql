-- Purpose: the working tables of the earning rule. Rows: up to as many orders as a batch has events; a few days a shop.
CREATE TEMP TABLE IF NOT EXISTS loyalty_order (shop_id bigint NOT NULL, order_id text COLLATE "C" NOT NULL);
CREATE TEMP TABLE IF NOT EXISTS loyalty_standing (
    shop_id bigint NOT NULL, customer_id bigint NOT NULL, node_id bigint NOT NULL, order_id text COLLATE "C" NOT NULL,
    ordered_at timestamptz NOT NULL, day date NOT NULL, eligible_minor bigint NOT NULL, left_minor bigint NOT NULL,
    currency text NOT NULL, points bigint NOT NULL, keep bigint NOT NULL, earns boolean NOT NULL, is_cancelled boolean NOT NULL, known_seq bigint);
CREATE TEMP TABLE IF NOT EXISTS loyalty_day (shop_id bigint NOT NULL, day date NOT NULL, expires_at timestamptz)
