-- Purpose: the working tables of this package on a connection; made once, emptied when it is opened.
-- Rows: up to a batch each, most of them few.
CREATE TEMP TABLE IF NOT EXISTS customers_phone (seq bigint NOT NULL, phone text NOT NULL);
-- What events name that may change who is who: the strongest identifier (kind, value) and weaker ones beside it.
CREATE TEMP TABLE IF NOT EXISTS customers_sighting (
    shop_id bigint NOT NULL, kind smallint NOT NULL, value text COLLATE "C" NOT NULL, email text COLLATE "C",
    phone text COLLATE "C", anonymous_id text COLLATE "C", is_identify boolean NOT NULL, seen_at timestamptz NOT NULL,
    message_id text COLLATE "C" NOT NULL
);
CREATE TEMP TABLE IF NOT EXISTS customers_new (        -- identifiers that are given a node
    shop_id bigint NOT NULL, kind smallint NOT NULL, value text COLLATE "C" NOT NULL, node_id bigint NOT NULL
);
CREATE TEMP TABLE IF NOT EXISTS customers_claimed (    -- claims that are new, or earlier than known
    shop_id bigint NOT NULL, kind smallint NOT NULL, value text COLLATE "C" NOT NULL, by_id bigint NOT NULL
);
CREATE TEMP TABLE IF NOT EXISTS customers_asked (      -- identifiers whose owner may be another now
    shop_id bigint NOT NULL, kind smallint NOT NULL, value text COLLATE "C" NOT NULL
);
CREATE TEMP TABLE IF NOT EXISTS customers_owned (      -- and who it is
    shop_id bigint NOT NULL, kind smallint NOT NULL, value text COLLATE "C" NOT NULL, owner_id bigint, claim_rank smallint,
    claimed_at timestamptz, claimed_by text COLLATE "C"
);
CREATE TEMP TABLE IF NOT EXISTS customers_reowned (    -- identifiers whose line of owners begins anew
    shop_id bigint NOT NULL, kind smallint NOT NULL, value text COLLATE "C" NOT NULL
);
CREATE TEMP TABLE IF NOT EXISTS customers_rooted (     -- and all that follow them, with the end of their line
    shop_id bigint NOT NULL, kind smallint NOT NULL, value text COLLATE "C" NOT NULL, node_id bigint,
    before_id bigint NOT NULL, root_id bigint NOT NULL
);
CREATE TEMP TABLE IF NOT EXISTS customers_moving (     -- nodes that count for another customer than before
    shop_id bigint NOT NULL, node_id bigint NOT NULL, from_id bigint NOT NULL, into_id bigint NOT NULL, is_new boolean NOT NULL
);
CREATE TEMP TABLE IF NOT EXISTS customers_touched (shop_id bigint NOT NULL, customer_id bigint NOT NULL);
CREATE TEMP TABLE IF NOT EXISTS customers_said (
    seq bigint NOT NULL, name text COLLATE "C" NOT NULL, text_value text, text_key text, number_value numeric(24, 6),
    boolean_value boolean, time_value timestamptz
);
CREATE TEMP TABLE IF NOT EXISTS customers_decision (   -- customer_id: the node
    shop_id bigint NOT NULL, customer_id bigint NOT NULL, channel text COLLATE "C" NOT NULL, purpose text COLLATE "C" NOT NULL,
    is_granted boolean NOT NULL, decided_at timestamptz NOT NULL, message_id text COLLATE "C" NOT NULL, source text NOT NULL,
    wording text NOT NULL
);
CREATE TEMP TABLE IF NOT EXISTS customers_decided (    -- customer_id: who the decision counts for
    shop_id bigint NOT NULL, customer_id bigint NOT NULL, channel text COLLATE "C" NOT NULL, purpose text COLLATE "C" NOT NULL
);
CREATE TEMP TABLE IF NOT EXISTS customers_profile (
    shop_id bigint NOT NULL, customer_id bigint NOT NULL, user_id text, email text, phone text, first_name text,
    last_name text, name text, search_key text, locale text, country text, time_zone text, created_at timestamptz
);
CREATE TEMP TABLE IF NOT EXISTS customers_seen (       -- customer_id: the node
    shop_id bigint NOT NULL, customer_id bigint NOT NULL, first_at timestamptz NOT NULL, last_at timestamptz NOT NULL
);
SELECT vuelve_clear('pg_temp.customers_phone', 'pg_temp.customers_sighting', 'pg_temp.customers_new', 'pg_temp.customers_claimed', 'pg_temp.customers_asked', 'pg_temp.customers_owned', 'pg_temp.customers_reowned', 'pg_temp.customers_rooted', 'pg_temp.customers_moving', 'pg_temp.customers_touched', 'pg_temp.customers_said', 'pg_temp.customers_decision', 'pg_temp.customers_decided', 'pg_temp.customers_profile', 'pg_temp.customers_seen')
