-- The ledger. Nobody but the functions below writes it: the roles of web and worker may only read, so an entry that is
-- not balanced, is changed, or takes a balance below its floor cannot be written at all. A posting moves points from one account
-- to another and is therefore balanced by itself; the programme's own accounts are kept per customer, as what that
-- customer's postings add to them, so that no two customers ever wait for the same row.
CREATE SEQUENCE loyalty_seq;

-- Kept balances. They are what the postings add up to (invariants.py recomputes them).
CREATE TABLE loyalty_account (
    shop_id     bigint NOT NULL,
    customer_id bigint NOT NULL,
    unit        text COLLATE "C" NOT NULL,
    balance     bigint NOT NULL DEFAULT 0,      -- to spend
    pending     bigint NOT NULL DEFAULT 0 CHECK (pending >= 0),
    floor       bigint NOT NULL DEFAULT 0 CHECK (floor <= 0),   -- below zero only where a programme allowed a debt
    issued      bigint NOT NULL DEFAULT 0,
    redeemed    bigint NOT NULL DEFAULT 0,
    expired     bigint NOT NULL DEFAULT 0,
    withdrawn   bigint NOT NULL DEFAULT 0,
    adjusted    bigint NOT NULL DEFAULT 0,
    moved       bigint NOT NULL DEFAULT 0,
    active_at   timestamptz NOT NULL,            -- the last earning or spending
    PRIMARY KEY (shop_id, customer_id, unit),
    CONSTRAINT loyalty_account_floor CHECK (balance >= floor),
    CONSTRAINT loyalty_account_balanced
        CHECK (balance + pending = issued - redeemed - expired - withdrawn + adjusted + moved)
) WITH (fillfactor = 70);
-- rls: loyalty_account

-- Why points moved. The key is the idempotency key, the hash that of everything the caller said.
CREATE TABLE loyalty_transfer (
    shop_id     bigint NOT NULL,
    key         text COLLATE "C" NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
    seq         bigint NOT NULL DEFAULT nextval('loyalty_seq'),
    kind        smallint NOT NULL CHECK (kind BETWEEN 1 AND 8),
    customer_id bigint NOT NULL,
    unit        text COLLATE "C" NOT NULL,
    points      bigint NOT NULL CHECK (points BETWEEN 0 AND 1000000000000),
    shortfall   bigint NOT NULL DEFAULT 0 CHECK (shortfall >= 0),  -- what should have been taken and was not there
    input_hash  bytea NOT NULL,
    order_id    text COLLATE "C",
    reference   text NOT NULL DEFAULT '',
    note        text NOT NULL DEFAULT '',
    actor       text NOT NULL DEFAULT '',
    reverses    bigint,                           -- the seq of the transfer that is given back
    at          timestamptz NOT NULL,
    PRIMARY KEY (shop_id, key)
);
CREATE UNIQUE INDEX loyalty_transfer_reverses ON loyalty_transfer (shop_id, reverses) WHERE reverses IS NOT NULL;
-- What was spent on an order that is cancelled.
CREATE INDEX loyalty_transfer_order ON loyalty_transfer (shop_id, order_id) WHERE kind = 2 AND order_id IS NOT NULL;
-- What could not be taken back.
CREATE INDEX loyalty_transfer_short ON loyalty_transfer (shop_id, at) WHERE shortfall > 0;
-- rls: loyalty_transfer

CREATE TABLE loyalty_posting (
    shop_id       bigint NOT NULL,
    customer_id   bigint NOT NULL,
    seq           bigint NOT NULL,                -- of the transfer
    line          smallint NOT NULL,
    unit          text COLLATE "C" NOT NULL,
    from_account  smallint NOT NULL CHECK (from_account IN (1, 2, 11, 12, 13, 14, 15, 16)),
    to_account    smallint NOT NULL CHECK (to_account IN (1, 2, 11, 12, 13, 14, 15, 16)),
    points        bigint NOT NULL CHECK (points > 0),
    lot_id        bigint,
    balance_after bigint NOT NULL,                -- what the customer could spend then
    kind          smallint NOT NULL,
    key           text COLLATE "C" NOT NULL,      -- of the transfer
    at            timestamptz NOT NULL,
    PRIMARY KEY (shop_id, customer_id, seq, line),
    CONSTRAINT loyalty_posting_accounts
        CHECK (from_account <> to_account AND (from_account IN (1, 2) OR to_account IN (1, 2)))
);
-- rls: loyalty_posting

-- Where a customer's points come from: spent in the order of `due_at`, the nearest first.
CREATE TABLE loyalty_lot (
    shop_id            bigint NOT NULL,
    customer_id        bigint NOT NULL,
    id                 bigint NOT NULL,            -- the seq of the transfer that made it
    node_id            bigint NOT NULL,            -- the profile that earned it: the lot goes with it
    unit               text COLLATE "C" NOT NULL,
    state              smallint NOT NULL CHECK (state IN (0, 1, 2)),  -- pending, open, closed
    points             bigint NOT NULL CHECK (points > 0),
    kept               bigint NOT NULL CHECK (kept BETWEEN 0 AND points),  -- what was not taken back
    remaining          bigint NOT NULL CHECK (remaining >= 0),
    order_id           text COLLATE "C",
    currency           text COLLATE "C",
    eligible_minor     bigint,                     -- earned on, at the rate that held then
    rate_points        bigint,
    rate_minor         bigint,
    multiplier_percent integer NOT NULL DEFAULT 100,
    earned_at          timestamptz NOT NULL,
    expires_at         timestamptz,
    due_at             timestamptz,                -- when the lot changes by itself: opens, or expires
    PRIMARY KEY (shop_id, customer_id, id),
    CHECK (state <> 0 OR due_at IS NOT NULL),
    CHECK (state <> 1 OR due_at IS NOT DISTINCT FROM expires_at),
    CHECK (state <> 2 OR due_at IS NULL AND remaining = 0)
) WITH (fillfactor = 80);
CREATE INDEX loyalty_lot_id ON loyalty_lot (shop_id, id);
-- `remaining` stays out of it: the update of a redemption then touches no index.
CREATE INDEX loyalty_lot_due ON loyalty_lot (shop_id, due_at) WHERE due_at IS NOT NULL;
-- rls: loyalty_lot

REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON loyalty_account, loyalty_transfer, loyalty_posting, loyalty_lot
    FROM vuelve_web, vuelve_worker;

-- The functions below run as the owner, whom row-level security does not bind: this does.
CREATE FUNCTION loyalty_check_shop(p_shop bigint) RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF p_shop IS DISTINCT FROM vuelve_shop_id() THEN
        RAISE EXCEPTION 'this transaction does not see shop %', p_shop USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;

CREATE FUNCTION loyalty_hash(VARIADIC p_input text[]) RETURNS bytea LANGUAGE sql IMMUTABLE
    RETURN sha256(convert_to(array_to_string(p_input, E'\x1f', ''), 'UTF8'));

-- Takes points from open lots, those nearest to expiry first, and writes a posting for each; returns what it could not
-- take. The caller has locked and changed the account.
CREATE FUNCTION loyalty_take(p_shop bigint, p_customer bigint, p_unit text, p_seq bigint, p_kind smallint, p_key text,
                             p_points bigint, p_to smallint, p_after bigint, p_first bigint,
                             p_line integer, p_due_after timestamptz, p_now timestamptz)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    wanted bigint := p_points;
    part bigint;
    number integer := p_line;
    lot record;
BEGIN
    FOR lot IN
        SELECT id, remaining FROM loyalty_lot
        WHERE shop_id = p_shop AND customer_id = p_customer AND unit = p_unit AND state = 1 AND remaining > 0
          AND (due_at IS NULL OR due_at > p_due_after)
        ORDER BY id = p_first DESC, due_at, id
    LOOP
        part := least(wanted, lot.remaining);
        wanted := wanted - part;
        UPDATE loyalty_lot SET remaining = remaining - part
        WHERE shop_id = p_shop AND customer_id = p_customer AND id = lot.id;
        INSERT INTO loyalty_posting (shop_id, customer_id, seq, line, unit, from_account, to_account, points, lot_id, balance_after, kind, key, at)
        VALUES (p_shop, p_customer, p_seq, number, p_unit, 1, p_to, part, lot.id, p_after + wanted, p_kind, p_key, p_now);
        number := number + 1;
        EXIT WHEN wanted = 0;
    END LOOP;
    RETURN wanted;
END $$;
REVOKE EXECUTE ON FUNCTION loyalty_take FROM PUBLIC;

-- A customer's points leave: for a reward (kind 2) or by hand (kind 5). SQLSTATE VL409: there are not as many, and nothing
-- has happened. `outcome`: new, repeated, or reused (the key stands for something else).
CREATE FUNCTION loyalty_spend(p_shop bigint, p_customer bigint, p_unit text, p_kind smallint, p_points bigint, p_key text,
                              p_order text, p_reference text, p_note text, p_actor text, p_event text, p_now timestamptz,
                              OUT o_outcome text, OUT o_seq bigint, OUT o_points bigint, OUT o_balance bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    said bytea := loyalty_hash(p_kind::text, p_customer::text, p_unit, p_points::text, p_order, p_reference);
    known record;
BEGIN
    IF p_shop IS DISTINCT FROM vuelve_shop_id() THEN
        PERFORM loyalty_check_shop(p_shop);
    END IF;
    IF p_kind NOT IN (2, 5) OR p_points < 1 THEN
        RAISE EXCEPTION 'nothing of the kind is spent' USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO loyalty_transfer (shop_id, key, kind, customer_id, unit, points, input_hash, order_id, reference, note, actor, at)
    VALUES (p_shop, p_key, p_kind, p_customer, p_unit, p_points, said, p_order, p_reference, p_note, p_actor, p_now)
    ON CONFLICT DO NOTHING RETURNING seq INTO o_seq;
    IF o_seq IS NULL THEN
        SELECT t.seq, t.points, t.input_hash = said AS is_same INTO known FROM loyalty_transfer t
        WHERE t.shop_id = p_shop AND t.key = p_key;
        SELECT CASE WHEN known.is_same THEN 'repeated' ELSE 'reused' END, known.seq, known.points, a.balance
        INTO o_outcome, o_seq, o_points, o_balance
        FROM (SELECT) one LEFT JOIN loyalty_account a ON a.shop_id = p_shop AND a.customer_id = p_customer AND a.unit = p_unit;
        RETURN;
    END IF;
    UPDATE loyalty_account a
    SET balance = a.balance - p_points,
        redeemed = a.redeemed + CASE WHEN p_kind = 2 THEN p_points ELSE 0 END,
        adjusted = a.adjusted - CASE WHEN p_kind = 5 THEN p_points ELSE 0 END,
        active_at = CASE WHEN p_kind = 2 THEN greatest(a.active_at, p_now) ELSE a.active_at END
    WHERE a.shop_id = p_shop AND a.customer_id = p_customer AND a.unit = p_unit AND a.balance >= p_points
    RETURNING a.balance INTO o_balance;
    IF o_balance IS NULL
       OR loyalty_take(p_shop, p_customer, p_unit, o_seq, p_kind, p_key, p_points,
                       (CASE WHEN p_kind = 2 THEN 12 ELSE 15 END)::smallint, o_balance, NULL, 1, p_now, p_now) > 0 THEN
        RAISE EXCEPTION 'not enough points' USING ERRCODE = 'VL409';
    END IF;
    PERFORM events_record_new(p_shop, p_event, p_now, 'loyalty', p_key, p_customer, json_build_object(
        'transfer', o_seq, 'points', p_points, 'balance', o_balance, 'order_id', p_order, 'reference', nullif(p_reference, '')));
    o_outcome := 'new';
    o_points := p_points;
END $$;

-- What the batches below are given, and what they tell. Made by whoever calls them, so that they last a session.
CREATE FUNCTION loyalty_open() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF to_regclass('pg_temp.loyalty_award_in') IS NULL THEN
        CREATE TEMP TABLE loyalty_award_in (
            shop_id bigint NOT NULL, key text COLLATE "C" NOT NULL, customer_id bigint NOT NULL, node_id bigint NOT NULL,
            unit text COLLATE "C" NOT NULL, kind smallint NOT NULL DEFAULT 1, points bigint NOT NULL, order_id text, reference text NOT NULL DEFAULT '',
            note text NOT NULL DEFAULT '', actor text NOT NULL DEFAULT '', currency text, eligible_minor bigint, rate_points bigint,
            rate_minor bigint, multiplier_percent integer NOT NULL DEFAULT 100, earned_at timestamptz NOT NULL,
            active_at timestamptz, expires_at timestamptz);
        CREATE TEMP TABLE loyalty_withdraw_in (
            shop_id bigint NOT NULL, lot_id bigint NOT NULL, keep bigint NOT NULL, key text COLLATE "C" NOT NULL, order_id text,
            reference text NOT NULL DEFAULT '', note text NOT NULL DEFAULT '', actor text NOT NULL DEFAULT '', allows_debt boolean NOT NULL);
        CREATE TEMP TABLE loyalty_move_in (shop_id bigint NOT NULL, lot_id bigint NOT NULL, into_id bigint NOT NULL);
        CREATE TEMP TABLE loyalty_debt_in (shop_id bigint NOT NULL, from_id bigint NOT NULL, into_id bigint NOT NULL);
        CREATE TEMP TABLE loyalty_due_in (shop_id bigint NOT NULL, customer_id bigint NOT NULL, lot_id bigint NOT NULL);
        CREATE TEMP TABLE loyalty_told (
            shop_id bigint NOT NULL, customer_id bigint NOT NULL, seq bigint NOT NULL, name text NOT NULL, key text NOT NULL,
            at timestamptz NOT NULL, properties json NOT NULL);
        -- The functions below run as their owner, who need not inherit what the caller may do.
        EXECUTE format('GRANT SELECT, INSERT ON pg_temp.loyalty_award_in, pg_temp.loyalty_withdraw_in, pg_temp.loyalty_move_in, '
                       'pg_temp.loyalty_debt_in, pg_temp.loyalty_due_in, pg_temp.loyalty_told TO %I',
                       (SELECT pg_get_userbyid(proowner) FROM pg_proc WHERE oid = 'loyalty_award(timestamptz)'::regprocedure));
    END IF;
    PERFORM vuelve_clear('pg_temp.loyalty_award_in', 'pg_temp.loyalty_withdraw_in', 'pg_temp.loyalty_move_in',
                         'pg_temp.loyalty_debt_in', 'pg_temp.loyalty_due_in', 'pg_temp.loyalty_told');
END $$;

-- Awards (kind 1) and what is given by hand (kind 5), for each row of loyalty_award_in whose key is new; returns how many.
-- A customer who owes points pays with them first.
-- Joins are of rows of this batch with each other: nothing is known of their number, and one by one they took a hundred
-- times as long.
CREATE FUNCTION loyalty_award(p_now timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_nestloop = off AS $$
DECLARE made bigint;
BEGIN
    WITH wanted AS MATERIALIZED (
        SELECT nextval('loyalty_seq') AS seq, i.*
        FROM (SELECT DISTINCT ON (shop_id, key) * FROM pg_temp.loyalty_award_in
              WHERE shop_id = ANY (vuelve_shop_ids()) AND points > 0 AND kind IN (1, 5) ORDER BY shop_id, key) i
    ), claimed AS (
        INSERT INTO loyalty_transfer (shop_id, key, seq, kind, customer_id, unit, points, input_hash, order_id, reference, note, actor, at)
        SELECT shop_id, key, seq, kind, customer_id, unit, points,
               loyalty_hash(kind::text, customer_id::text, unit, points::text, order_id, reference),
               order_id, reference, note, actor, p_now
        FROM wanted ORDER BY shop_id, key
        ON CONFLICT DO NOTHING
        RETURNING shop_id, seq
    ), fresh AS MATERIALIZED (
        SELECT w.*, w.active_at IS NOT NULL AND w.active_at > p_now AS is_pending FROM wanted w JOIN claimed USING (shop_id, seq)
    ), accounts AS (
        INSERT INTO loyalty_account AS a (shop_id, customer_id, unit, balance, pending, issued, adjusted, active_at)
        SELECT shop_id, customer_id, unit, coalesce(sum(points) FILTER (WHERE NOT is_pending), 0),
               coalesce(sum(points) FILTER (WHERE is_pending), 0), coalesce(sum(points) FILTER (WHERE kind = 1), 0),
               coalesce(sum(points) FILTER (WHERE kind = 5), 0), max(earned_at)
        FROM fresh GROUP BY shop_id, customer_id, unit ORDER BY shop_id, customer_id, unit
        ON CONFLICT (shop_id, customer_id, unit) DO UPDATE
        SET balance = a.balance + excluded.balance, pending = a.pending + excluded.pending,
            issued = a.issued + excluded.issued, adjusted = a.adjusted + excluded.adjusted,
            active_at = greatest(a.active_at, excluded.active_at)
        RETURNING shop_id, customer_id, unit, balance
    ), placed AS MATERIALIZED (
        -- What is left of an award once its customer's debt is paid: the first ones pay it.
        SELECT f.*, before + running AS balance_after,
               CASE WHEN is_pending THEN points
                    ELSE greatest(0, least(points, before + running)) END AS remaining
        FROM (
            SELECT f.*, coalesce(sum(f.points) FILTER (WHERE NOT f.is_pending) OVER so_far, 0) AS running,
                   a.balance - coalesce(sum(f.points) FILTER (WHERE NOT f.is_pending)
                                        OVER (PARTITION BY f.shop_id, f.customer_id, f.unit), 0) AS before
            FROM fresh f JOIN accounts a USING (shop_id, customer_id, unit)
            WINDOW so_far AS (PARTITION BY f.shop_id, f.customer_id, f.unit ORDER BY f.seq)
        ) f
    ), lots AS (
        INSERT INTO loyalty_lot (shop_id, customer_id, id, node_id, unit, state, points, kept, remaining, order_id, currency,
                                 eligible_minor, rate_points, rate_minor, multiplier_percent, earned_at, expires_at, due_at)
        SELECT shop_id, customer_id, seq, node_id, unit, CASE WHEN is_pending THEN 0 ELSE 1 END, points, points, remaining,
               order_id, currency, eligible_minor, rate_points, rate_minor, multiplier_percent, earned_at, expires_at,
               CASE WHEN is_pending THEN active_at ELSE expires_at END
        FROM placed ORDER BY seq
    ), posted AS (
        INSERT INTO loyalty_posting (shop_id, customer_id, seq, line, unit, from_account, to_account, points, lot_id, balance_after, kind, key, at)
        SELECT shop_id, customer_id, seq, 1, unit, CASE WHEN kind = 1 THEN 11 ELSE 15 END, CASE WHEN is_pending THEN 2 ELSE 1 END,
               points, seq, balance_after, kind, key, p_now
        FROM placed ORDER BY seq
    )
    INSERT INTO pg_temp.loyalty_told (shop_id, customer_id, seq, name, key, at, properties)
    SELECT shop_id, customer_id, seq, CASE WHEN kind = 1 THEN 'Points Earned' ELSE 'Points Adjusted' END, key, p_now,
           json_strip_nulls(json_build_object('transfer', seq, 'points', points, 'balance', balance_after,
               'pending_until', CASE WHEN is_pending THEN active_at END, 'expires_at', expires_at,
               'order_id', order_id, 'reference', nullif(reference, '')))
    FROM placed;
    GET DIAGNOSTICS made = ROW_COUNT;
    RETURN made;
END $$;

-- Takes points back so that `keep` of a lot's stand (never more than stood before): of the lot itself, else of the others. What
-- is not there is a debt, if the row allows one, or is noted as shortfall. Returns how many lots lost points.
CREATE FUNCTION loyalty_withdraw(p_now timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    w record;
    lot loyalty_lot;
    account loyalty_account;
    number bigint;
    wanted bigint;
    there bigint;
    taken bigint;
    rest bigint;
    after bigint;
    made bigint := 0;
BEGIN
    FOR w IN
        SELECT i.*, l.customer_id, l.unit FROM pg_temp.loyalty_withdraw_in i JOIN loyalty_lot l ON l.shop_id = i.shop_id AND l.id = i.lot_id
        WHERE i.shop_id = ANY (vuelve_shop_ids()) ORDER BY i.shop_id, l.customer_id, l.unit, i.lot_id, i.keep DESC
    LOOP
        SELECT * INTO account FROM loyalty_account
        WHERE shop_id = w.shop_id AND customer_id = w.customer_id AND unit = w.unit FOR UPDATE;
        SELECT * INTO lot FROM loyalty_lot WHERE shop_id = w.shop_id AND customer_id = w.customer_id AND id = w.lot_id;
        -- Whoever moves lots holds both accounts: if it is gone, the next event about its order finds it.
        CONTINUE WHEN lot.id IS NULL OR lot.kept <= w.keep;
        wanted := lot.kept - greatest(w.keep, 0);
        there := CASE WHEN lot.state = 0 THEN lot.remaining ELSE greatest(account.balance, 0) END;
        taken := CASE WHEN w.allows_debt AND lot.state <> 0 THEN wanted ELSE least(wanted, there) END;
        after := account.balance - CASE WHEN lot.state = 0 THEN 0 ELSE taken END;
        INSERT INTO loyalty_transfer (shop_id, key, kind, customer_id, unit, points, shortfall, input_hash, order_id, reference, note, actor, at)
        VALUES (w.shop_id, w.key, 3, w.customer_id, w.unit, taken, wanted - taken, loyalty_hash('3', w.lot_id::text, w.keep::text),
                w.order_id, w.reference, w.note, w.actor, p_now)
        ON CONFLICT DO NOTHING RETURNING seq INTO number;
        CONTINUE WHEN number IS NULL;
        UPDATE loyalty_account SET
            pending = pending - CASE WHEN lot.state = 0 THEN taken ELSE 0 END, balance = after,
            floor = least(floor, after), withdrawn = withdrawn + taken
        WHERE shop_id = w.shop_id AND customer_id = w.customer_id AND unit = w.unit;
        UPDATE loyalty_lot SET kept = greatest(w.keep, 0), remaining = CASE WHEN state = 0 THEN remaining - taken ELSE remaining END,
            state = CASE WHEN state = 0 AND remaining = taken THEN 2 ELSE state END,
            due_at = CASE WHEN state = 0 AND remaining = taken THEN NULL ELSE due_at END
        WHERE shop_id = w.shop_id AND customer_id = w.customer_id AND id = w.lot_id;
        IF lot.state = 0 AND taken > 0 THEN
            INSERT INTO loyalty_posting (shop_id, customer_id, seq, line, unit, from_account, to_account, points, lot_id, balance_after, kind, key, at)
            VALUES (w.shop_id, w.customer_id, number, 1, w.unit, 2, 14, taken, w.lot_id, after, 3, w.key, p_now);
        ELSIF taken > 0 THEN
            -- '-infinity': also of lots that are past their day and not swept yet, since they are in the balance.
            rest := loyalty_take(w.shop_id, w.customer_id, w.unit, number, 3::smallint, w.key, taken, 14::smallint,
                                 after, w.lot_id, 1, '-infinity', p_now);
            IF rest > 0 THEN
                INSERT INTO loyalty_posting (shop_id, customer_id, seq, line, unit, from_account, to_account, points, balance_after, kind, key, at)
                VALUES (w.shop_id, w.customer_id, number, 30000, w.unit, 1, 14, rest, after, 3, w.key, p_now);
            END IF;
        END IF;
        INSERT INTO pg_temp.loyalty_told (shop_id, customer_id, seq, name, key, at, properties)
        VALUES (w.shop_id, w.customer_id, number, 'Points Withdrawn', w.key, p_now, json_strip_nulls(json_build_object(
            'transfer', number, 'points', taken, 'shortfall', nullif(wanted - taken, 0), 'balance', after,
            'order_id', w.order_id, 'reference', nullif(w.reference, ''))));
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;

-- Gives a redemption, or what was taken by hand, back to the lots it came from, once. Points that have expired meanwhile
-- can be spent for `p_days` more. `outcome`: new, repeated, reused, unknown, returned (before), other_kind.
CREATE FUNCTION loyalty_return(p_shop bigint, p_of text, p_key text, p_note text, p_actor text, p_event text, p_days integer, p_now timestamptz,
                               OUT o_outcome text, OUT o_seq bigint, OUT o_points bigint, OUT o_balance bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    said bytea := loyalty_hash('7', p_of);
    t loyalty_transfer;
    known record;
    p record;
    owner bigint;
    rest bigint;
    number integer := 0;
BEGIN
    PERFORM loyalty_check_shop(p_shop);
    SELECT * INTO t FROM loyalty_transfer WHERE shop_id = p_shop AND key = p_of;
    IF t.seq IS NULL THEN
        o_outcome := 'unknown';
        RETURN;
    END IF;
    IF t.kind NOT IN (2, 5) OR EXISTS (SELECT FROM loyalty_lot WHERE shop_id = p_shop AND id = t.seq) THEN
        o_outcome := 'other_kind';
        RETURN;
    END IF;
    INSERT INTO loyalty_transfer (shop_id, key, kind, customer_id, unit, points, input_hash, order_id, reference, note, actor, reverses, at)
    VALUES (p_shop, p_key, 7, t.customer_id, t.unit, t.points, said, t.order_id, t.reference, p_note, p_actor, t.seq, p_now)
    ON CONFLICT DO NOTHING RETURNING seq INTO o_seq;
    o_points := t.points;
    IF o_seq IS NULL THEN
        SELECT r.seq, r.input_hash = said AS is_same INTO known FROM loyalty_transfer r WHERE r.shop_id = p_shop AND r.key = p_key;
        o_seq := known.seq;
        o_outcome := CASE WHEN known.seq IS NULL THEN 'returned' WHEN known.is_same THEN 'repeated' ELSE 'reused' END;
        SELECT a.balance INTO o_balance FROM loyalty_account a
        WHERE a.shop_id = p_shop AND a.customer_id = t.customer_id AND a.unit = t.unit;
        RETURN;
    END IF;
    -- Lots may have gone to other customers since: all accounts first, in their order.
    PERFORM FROM loyalty_account a
    WHERE a.shop_id = p_shop AND a.unit = t.unit AND a.customer_id IN (
        SELECT l.customer_id FROM loyalty_posting q JOIN loyalty_lot l ON l.shop_id = q.shop_id AND l.id = q.lot_id
        WHERE q.shop_id = p_shop AND q.customer_id = t.customer_id AND q.seq = t.seq)
    ORDER BY a.customer_id FOR UPDATE;
    FOR p IN
        SELECT q.lot_id, q.points, l.customer_id FROM loyalty_posting q JOIN loyalty_lot l ON l.shop_id = q.shop_id AND l.id = q.lot_id
        WHERE q.shop_id = p_shop AND q.customer_id = t.customer_id AND q.seq = t.seq ORDER BY q.line
    LOOP
        number := number + 1;
        owner := p.customer_id;
        UPDATE loyalty_account a
        SET balance = a.balance + p.points, redeemed = a.redeemed - CASE WHEN t.kind = 2 THEN p.points ELSE 0 END,
            adjusted = a.adjusted + CASE WHEN t.kind = 5 THEN p.points ELSE 0 END
        WHERE a.shop_id = p_shop AND a.customer_id = owner AND a.unit = t.unit
        RETURNING a.balance INTO o_balance;
        IF o_balance IS NULL THEN
            RAISE EXCEPTION 'lot % is without account', p.lot_id;
        END IF;
        rest := greatest(0, least(p.points, o_balance));
        UPDATE loyalty_lot
        SET remaining = CASE WHEN state = 2 AND rest = 0 THEN 0 ELSE remaining + rest END,
            state = CASE WHEN state = 2 AND rest = 0 THEN 2 ELSE 1 END,
            expires_at = greatest(expires_at, CASE WHEN expires_at IS NOT NULL AND rest > 0 THEN p_now + make_interval(days => p_days) END),
            due_at = CASE WHEN state = 2 AND rest = 0 THEN NULL
                ELSE greatest(expires_at, CASE WHEN expires_at IS NOT NULL AND rest > 0 THEN p_now + make_interval(days => p_days) END) END
        WHERE shop_id = p_shop AND customer_id = owner AND id = p.lot_id;
        INSERT INTO loyalty_posting (shop_id, customer_id, seq, line, unit, from_account, to_account, points, lot_id, balance_after, kind, key, at)
        VALUES (p_shop, owner, o_seq, number, t.unit, CASE WHEN t.kind = 2 THEN 12 ELSE 15 END, 1, p.points, p.lot_id, o_balance, 7, p_key, p_now);
    END LOOP;
    PERFORM events_record_new(p_shop, p_event, p_now, 'loyalty', p_key, owner, json_build_object(
        'transfer', o_seq, 'points', o_points, 'balance', o_balance, 'order_id', t.order_id, 'reference', nullif(t.reference, '')));
    o_outcome := 'new';
END $$;

-- What is due by the clock, of the lots of loyalty_due_in: pending points open, open ones expire (whatever their day: the caller
-- says which). Returns how many lots changed.
CREATE FUNCTION loyalty_settle(p_now timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE made bigint;
BEGIN
    PERFORM FROM loyalty_account a
    WHERE (a.shop_id, a.customer_id) IN (SELECT shop_id, customer_id FROM pg_temp.loyalty_due_in WHERE shop_id = ANY (vuelve_shop_ids()))
    ORDER BY a.shop_id, a.customer_id, a.unit FOR UPDATE;
    WITH due AS MATERIALIZED (
        -- A fresh snapshot: what was spent while we waited is gone.
        SELECT nextval('loyalty_seq') AS seq, l.*,
               CASE WHEN l.state = 0 THEN 'release:' || l.id ELSE 'expire:' || l.id || ':' || coalesce(extract(epoch FROM l.expires_at)::bigint::text, extract(epoch FROM p_now)::bigint::text) END AS key
        FROM pg_temp.loyalty_due_in i JOIN loyalty_lot l ON l.shop_id = i.shop_id AND l.customer_id = i.customer_id AND l.id = i.lot_id
        WHERE i.shop_id = ANY (vuelve_shop_ids()) AND l.state IN (0, 1)
    ), told AS (
        INSERT INTO loyalty_transfer (shop_id, key, seq, kind, customer_id, unit, points, input_hash, order_id, at)
        SELECT shop_id, key, seq, CASE WHEN state = 0 THEN 6 ELSE 4 END, customer_id, unit, remaining, loyalty_hash(key), order_id, p_now
        FROM due WHERE remaining > 0
    ), accounts AS (
        UPDATE loyalty_account a
        SET balance = a.balance + d.opened - d.gone, pending = a.pending - d.opened, expired = a.expired + d.gone
        FROM (SELECT shop_id, customer_id, unit, coalesce(sum(remaining) FILTER (WHERE state = 0), 0) AS opened,
                     coalesce(sum(remaining) FILTER (WHERE state = 1), 0) AS gone
              FROM due GROUP BY shop_id, customer_id, unit) d
        WHERE a.shop_id = d.shop_id AND a.customer_id = d.customer_id AND a.unit = d.unit
        RETURNING a.shop_id, a.customer_id, a.unit, a.balance, a.balance - d.opened + d.gone AS before
    ), placed AS MATERIALIZED (
        SELECT d.*, a.before + sum(CASE WHEN d.state = 0 THEN d.remaining ELSE -d.remaining END) OVER so_far AS balance_after,
               -- Those that open pay a debt first.
               a.before + sum(CASE WHEN d.state = 0 THEN d.remaining ELSE 0 END) OVER so_far AS opened_after
        FROM due d JOIN accounts a USING (shop_id, customer_id, unit)
        WINDOW so_far AS (PARTITION BY d.shop_id, d.customer_id, d.unit ORDER BY d.seq)
    ), lots AS (
        UPDATE loyalty_lot l
        SET state = CASE WHEN p.state = 0 THEN 1 ELSE 2 END,
            remaining = CASE WHEN p.state = 0 THEN greatest(0, least(p.remaining, p.opened_after)) ELSE 0 END,
            due_at = CASE WHEN p.state = 0 THEN p.expires_at END
        FROM placed p WHERE l.shop_id = p.shop_id AND l.customer_id = p.customer_id AND l.id = p.id
    ), posted AS (
        INSERT INTO loyalty_posting (shop_id, customer_id, seq, line, unit, from_account, to_account, points, lot_id, balance_after, kind, key, at)
        SELECT shop_id, customer_id, seq, 1, unit, CASE WHEN state = 0 THEN 2 ELSE 1 END, CASE WHEN state = 0 THEN 1 ELSE 13 END,
               remaining, id, balance_after, CASE WHEN state = 0 THEN 6 ELSE 4 END, key, p_now
        FROM placed WHERE remaining > 0
    ), said AS (
        INSERT INTO pg_temp.loyalty_told (shop_id, customer_id, seq, name, key, at, properties)
        SELECT shop_id, customer_id, seq, CASE WHEN state = 0 THEN 'Points Released' ELSE 'Points Expired' END, key, p_now,
               json_strip_nulls(json_build_object('transfer', seq, 'points', remaining, 'balance', balance_after, 'order_id', order_id))
        FROM placed WHERE remaining > 0
    )
    SELECT count(*) INTO made FROM placed;
    RETURN made;
END $$;

-- Lots go to another customer with their points (loyalty_move_in), and so does what a profile owes (loyalty_debt_in).
CREATE FUNCTION loyalty_move(p_now timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    g record;
    lot loyalty_lot;
    open_points bigint;
    pending_points bigint;
    number bigint;
    line_number integer;
    source_balance bigint;
    target_balance bigint;
    debt bigint;
    part bigint;
    made bigint := 0;
BEGIN
    INSERT INTO loyalty_account (shop_id, customer_id, unit, active_at)
    SELECT DISTINCT i.shop_id, i.into_id, l.unit, min(l.earned_at) OVER (PARTITION BY i.shop_id, i.into_id, l.unit)
    FROM pg_temp.loyalty_move_in i JOIN loyalty_lot l ON l.shop_id = i.shop_id AND l.id = i.lot_id
    WHERE i.shop_id = ANY (vuelve_shop_ids()) AND l.customer_id <> i.into_id
    UNION
    SELECT a.shop_id, d.into_id, a.unit, a.active_at
    FROM pg_temp.loyalty_debt_in d JOIN loyalty_account a ON a.shop_id = d.shop_id AND a.customer_id = d.from_id
    WHERE d.shop_id = ANY (vuelve_shop_ids()) AND a.balance < 0
    ORDER BY 1, 2, 3
    ON CONFLICT DO NOTHING;
    PERFORM FROM loyalty_account a
    WHERE (a.shop_id, a.customer_id) IN (
        SELECT i.shop_id, unnest(ARRAY[i.into_id, l.customer_id])
        FROM pg_temp.loyalty_move_in i JOIN loyalty_lot l ON l.shop_id = i.shop_id AND l.id = i.lot_id
        WHERE i.shop_id = ANY (vuelve_shop_ids())
        UNION
        SELECT shop_id, unnest(ARRAY[from_id, into_id]) FROM pg_temp.loyalty_debt_in WHERE shop_id = ANY (vuelve_shop_ids()))
    ORDER BY a.shop_id, a.customer_id, a.unit FOR UPDATE;
    FOR g IN
        SELECT i.shop_id, l.customer_id AS from_id, i.into_id, l.unit, array_agg(l.id ORDER BY l.due_at, l.id) AS lots
        FROM pg_temp.loyalty_move_in i JOIN loyalty_lot l ON l.shop_id = i.shop_id AND l.id = i.lot_id
        WHERE i.shop_id = ANY (vuelve_shop_ids()) AND l.customer_id <> i.into_id
        GROUP BY i.shop_id, l.customer_id, i.into_id, l.unit ORDER BY 1, 2, 3, 4
    LOOP
        SELECT coalesce(sum(remaining) FILTER (WHERE state = 1), 0), coalesce(sum(remaining) FILTER (WHERE state = 0), 0)
        INTO open_points, pending_points FROM loyalty_lot
        WHERE shop_id = g.shop_id AND customer_id = g.from_id AND id = ANY (g.lots);
        UPDATE loyalty_account SET balance = balance - open_points, pending = pending - pending_points,
            moved = moved - open_points - pending_points
        WHERE shop_id = g.shop_id AND customer_id = g.from_id AND unit = g.unit RETURNING balance INTO source_balance;
        SELECT balance INTO target_balance FROM loyalty_account
        WHERE shop_id = g.shop_id AND customer_id = g.into_id AND unit = g.unit;
        debt := greatest(0, -target_balance);
        UPDATE loyalty_account SET balance = balance + open_points, pending = pending + pending_points,
            moved = moved + open_points + pending_points
        WHERE shop_id = g.shop_id AND customer_id = g.into_id AND unit = g.unit RETURNING balance INTO target_balance;
        IF open_points + pending_points > 0 THEN
            number := nextval('loyalty_seq');
            line_number := 0;
            INSERT INTO loyalty_transfer (shop_id, key, seq, kind, customer_id, unit, points, input_hash, at)
            VALUES (g.shop_id, 'move:' || number, number, 8, g.into_id, g.unit, open_points + pending_points,
                    loyalty_hash('8', g.from_id::text, g.into_id::text), p_now);
        END IF;
        FOR lot IN SELECT * FROM loyalty_lot WHERE shop_id = g.shop_id AND customer_id = g.from_id AND id = ANY (g.lots)
                   ORDER BY due_at, id LOOP
            IF lot.remaining > 0 THEN
                INSERT INTO loyalty_posting (shop_id, customer_id, seq, line, unit, from_account, to_account, points, lot_id, balance_after, kind, key, at)
                VALUES (g.shop_id, g.from_id, number, line_number + 1, g.unit, 2 - lot.state, 16, lot.remaining, lot.id, source_balance, 8, 'move:' || number, p_now),
                       (g.shop_id, g.into_id, number, line_number + 2, g.unit, 16, 2 - lot.state, lot.remaining, lot.id, target_balance, 8, 'move:' || number, p_now);
                line_number := line_number + 2;
            END IF;
            part := CASE WHEN lot.state = 1 THEN least(debt, lot.remaining) ELSE 0 END;
            debt := debt - part;
            UPDATE loyalty_lot SET customer_id = g.into_id, remaining = remaining - part
            WHERE shop_id = g.shop_id AND customer_id = g.from_id AND id = lot.id;
            made := made + 1;
        END LOOP;
    END LOOP;
    FOR g IN
        SELECT a.shop_id, d.from_id, d.into_id, a.unit, -a.balance AS debt
        FROM pg_temp.loyalty_debt_in d JOIN loyalty_account a ON a.shop_id = d.shop_id AND a.customer_id = d.from_id
        WHERE d.shop_id = ANY (vuelve_shop_ids()) AND a.balance < 0 AND d.from_id <> d.into_id ORDER BY 1, 2, 3, 4
    LOOP
        number := nextval('loyalty_seq');
        INSERT INTO loyalty_transfer (shop_id, key, seq, kind, customer_id, unit, points, input_hash, at)
        VALUES (g.shop_id, 'move:' || number, number, 8, g.into_id, g.unit, g.debt, loyalty_hash('8', g.from_id::text, g.into_id::text), p_now);
        UPDATE loyalty_account SET balance = 0, moved = moved + g.debt
        WHERE shop_id = g.shop_id AND customer_id = g.from_id AND unit = g.unit;
        UPDATE loyalty_account SET balance = balance - g.debt, moved = moved - g.debt, floor = least(floor, balance - g.debt)
        WHERE shop_id = g.shop_id AND customer_id = g.into_id AND unit = g.unit RETURNING balance INTO target_balance;
        INSERT INTO loyalty_posting (shop_id, customer_id, seq, line, unit, from_account, to_account, points, balance_after, kind, key, at)
        VALUES (g.shop_id, g.from_id, number, 30001, g.unit, 16, 1, g.debt, 0, 8, 'move:' || number, p_now);
        part := loyalty_take(g.shop_id, g.into_id, g.unit, number, 8::smallint, 'move:' || number, g.debt, 16::smallint, target_balance, NULL, 1, '-infinity', p_now);
        IF part > 0 THEN
            INSERT INTO loyalty_posting (shop_id, customer_id, seq, line, unit, from_account, to_account, points, balance_after, kind, key, at)
            VALUES (g.shop_id, g.into_id, number, 30000, g.unit, 1, 16, part, target_balance, 8, 'move:' || number, p_now);
        END IF;
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;

-- Locks the accounts that a transaction is about to change in several steps, in their order.
CREATE FUNCTION loyalty_hold(p_shops bigint[], p_customers bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM loyalty_account a
    WHERE a.shop_id = ANY (vuelve_shop_ids())
      AND (a.shop_id, a.customer_id) IN (SELECT shop, customer FROM unnest(p_shops, p_customers) AS held (shop, customer))
    ORDER BY a.shop_id, a.customer_id, a.unit FOR UPDATE;
END $$;

-- When lots that are open expire, after the programme has changed its mind; null: no more by a date.
CREATE FUNCTION loyalty_date_lots(p_shop bigint, p_unit text, p_expires_at timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE made bigint;
BEGIN
    PERFORM loyalty_check_shop(p_shop);
    UPDATE loyalty_lot SET expires_at = p_expires_at, due_at = CASE WHEN state = 0 THEN due_at ELSE p_expires_at END
    WHERE shop_id = p_shop AND unit = p_unit AND state IN (0, 1) AND expires_at IS DISTINCT FROM p_expires_at;
    GET DIAGNOSTICS made = ROW_COUNT;
    RETURN made;
END $$;

-- An erased person's points are gone, and the entries stay under `p_remains`, an id without a customer.
CREATE FUNCTION loyalty_erase(p_shop bigint, p_ids bigint[], p_remains bigint, p_now timestamptz,
                              OUT o_accounts bigint, OUT o_transfers bigint, OUT o_postings bigint, OUT o_lots bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    a loyalty_account;
    number bigint;
BEGIN
    PERFORM loyalty_check_shop(p_shop);
    FOR a IN SELECT * FROM loyalty_account WHERE shop_id = p_shop AND customer_id = ANY (p_ids) ORDER BY customer_id, unit FOR UPDATE LOOP
        CONTINUE WHEN a.balance = 0 AND a.pending = 0;
        number := nextval('loyalty_seq');
        INSERT INTO loyalty_transfer (shop_id, key, seq, kind, customer_id, unit, points, input_hash, at)
        VALUES (p_shop, 'erase:' || number, number, 4, a.customer_id, a.unit, abs(a.balance) + a.pending, '', p_now);
        IF a.balance <> 0 THEN
            INSERT INTO loyalty_posting (shop_id, customer_id, seq, line, unit, from_account, to_account, points, balance_after, kind, key, at)
            VALUES (p_shop, a.customer_id, number, 1, a.unit, CASE WHEN a.balance > 0 THEN 1 ELSE 13 END,
                    CASE WHEN a.balance > 0 THEN 13 ELSE 1 END, abs(a.balance), 0, 4, 'erase:' || number, p_now);
        END IF;
        IF a.pending > 0 THEN
            INSERT INTO loyalty_posting (shop_id, customer_id, seq, line, unit, from_account, to_account, points, balance_after, kind, key, at)
            VALUES (p_shop, a.customer_id, number, 2, a.unit, 2, 13, a.pending, 0, 4, 'erase:' || number, p_now);
        END IF;
        UPDATE loyalty_account SET balance = 0, pending = 0, expired = expired + a.balance + a.pending
        WHERE shop_id = p_shop AND customer_id = a.customer_id AND unit = a.unit;
    END LOOP;
    INSERT INTO loyalty_account AS k (shop_id, customer_id, unit, issued, redeemed, expired, withdrawn, adjusted, moved, active_at)
    SELECT p_shop, p_remains, unit, sum(issued), sum(redeemed), sum(expired), sum(withdrawn), sum(adjusted), sum(moved), p_now
    FROM loyalty_account WHERE shop_id = p_shop AND customer_id = ANY (p_ids) GROUP BY unit
    ON CONFLICT (shop_id, customer_id, unit) DO UPDATE
    SET issued = k.issued + excluded.issued, redeemed = k.redeemed + excluded.redeemed, expired = k.expired + excluded.expired,
        withdrawn = k.withdrawn + excluded.withdrawn, adjusted = k.adjusted + excluded.adjusted, moved = k.moved + excluded.moved;
    DELETE FROM loyalty_account WHERE shop_id = p_shop AND customer_id = ANY (p_ids);
    GET DIAGNOSTICS o_accounts = ROW_COUNT;
    UPDATE loyalty_transfer SET customer_id = p_remains, reference = '', note = '', actor = '', input_hash = ''
    WHERE (shop_id, key) IN (SELECT shop_id, key FROM loyalty_posting WHERE shop_id = p_shop AND customer_id = ANY (p_ids))
       OR shop_id = p_shop AND customer_id = ANY (p_ids);
    GET DIAGNOSTICS o_transfers = ROW_COUNT;
    UPDATE loyalty_posting SET customer_id = p_remains WHERE shop_id = p_shop AND customer_id = ANY (p_ids);
    GET DIAGNOSTICS o_postings = ROW_COUNT;
    UPDATE loyalty_lot SET customer_id = p_remains, node_id = p_remains, state = 2, remaining = 0, due_at = NULL
    WHERE shop_id = p_shop AND customer_id = ANY (p_ids);
    GET DIAGNOSTICS o_lots = ROW_COUNT;
END $$;

-- A shop that has gone: some rows of each table; returns how many.
CREATE FUNCTION loyalty_sweep(p_shop bigint, p_rows integer, OUT o_accounts bigint, OUT o_transfers bigint, OUT o_postings bigint, OUT o_lots bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM loyalty_check_shop(p_shop);
    DELETE FROM loyalty_posting WHERE ctid = ANY (ARRAY(SELECT ctid FROM loyalty_posting WHERE shop_id = p_shop LIMIT p_rows));
    GET DIAGNOSTICS o_postings = ROW_COUNT;
    DELETE FROM loyalty_lot WHERE ctid = ANY (ARRAY(SELECT ctid FROM loyalty_lot WHERE shop_id = p_shop LIMIT p_rows));
    GET DIAGNOSTICS o_lots = ROW_COUNT;
    DELETE FROM loyalty_transfer WHERE ctid = ANY (ARRAY(SELECT ctid FROM loyalty_transfer WHERE shop_id = p_shop LIMIT p_rows));
    GET DIAGNOSTICS o_transfers = ROW_COUNT;
    DELETE FROM loyalty_account WHERE ctid = ANY (ARRAY(SELECT ctid FROM loyalty_account WHERE shop_id = p_shop LIMIT p_rows));
    GET DIAGNOSTICS o_accounts = ROW_COUNT;
END $$;
