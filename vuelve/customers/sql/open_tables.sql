-- Purpose: the working tables of this package on a connection; made once, emptied when it is opened.
CREATE TEMP TABLE IF NOT EXISTS customers_wanted (
    shop_id bigint NOT NULL, kind smallint NOT NULL, value text COLLATE "C" NOT NULL
);
CREATE TEMP TABLE IF NOT EXISTS customers_claimed (
    shop_id bigint NOT NULL, kind smallint NOT NULL, value text COLLATE "C" NOT NULL, customer_id bigint NOT NULL,
    claim_rank smallint NOT NULL, claimed_at timestamptz NOT NULL, claimed_by text COLLATE "C" NOT NULL, is_new boolean NOT NULL
);
CREATE TEMP TABLE IF NOT EXISTS customers_held (shop_id bigint NOT NULL, customer_id bigint NOT NULL);
CREATE TEMP TABLE IF NOT EXISTS customers_merging (
    shop_id bigint NOT NULL, from_id bigint NOT NULL, into_id bigint NOT NULL
);
CREATE TEMP TABLE IF NOT EXISTS customers_phone (seq bigint NOT NULL, phone text NOT NULL);
CREATE TEMP TABLE IF NOT EXISTS customers_said (
    seq bigint NOT NULL, name text COLLATE "C" NOT NULL, text_value text, text_key text, number_value numeric(24, 6),
    boolean_value boolean, time_value timestamptz
);
CREATE TEMP TABLE IF NOT EXISTS customers_decision (
    shop_id bigint NOT NULL, customer_id bigint NOT NULL, channel text COLLATE "C" NOT NULL, purpose text COLLATE "C" NOT NULL,
    is_granted boolean NOT NULL, decided_at timestamptz NOT NULL, message_id text COLLATE "C" NOT NULL, source text NOT NULL,
    wording text NOT NULL
);
CREATE TEMP TABLE IF NOT EXISTS customers_decided (
    shop_id bigint NOT NULL, customer_id bigint NOT NULL, channel text COLLATE "C" NOT NULL, purpose text COLLATE "C" NOT NULL
);
CREATE TEMP TABLE IF NOT EXISTS customers_touched (shop_id bigint NOT NULL, customer_id bigint NOT NULL);
CREATE TEMP TABLE IF NOT EXISTS customers_profile (
    shop_id bigint NOT NULL, customer_id bigint NOT NULL, is_new boolean NOT NULL, user_id text, email text, phone text,
    first_name text, last_name text, name text, search_key text, locale text, country text, time_zone text,
    created_at timestamptz NOT NULL, first_at timestamptz, last_at timestamptz
);
CREATE TEMP TABLE IF NOT EXISTS customers_seen (
    shop_id bigint NOT NULL, customer_id bigint NOT NULL, first_at timestamptz NOT NULL, last_at timestamptz NOT NULL
);
SELECT vuelve_clear('pg_temp.customers_wanted', 'pg_temp.customers_claimed', 'pg_temp.customers_held', 'pg_temp.customers_merging', 'pg_temp.customers_phone', 'pg_temp.customers_said', 'pg_temp.customers_decision', 'pg_temp.customers_decided', 'pg_temp.customers_touched', 'pg_temp.customers_profile', 'pg_temp.customers_seen')
