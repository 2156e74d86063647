-- Who an identifier belongs to follows from the set of all claims that were ever made, never from the order in which
-- they came. An identifier that was an event's strongest has a customer row of its own, its node; events are stamped
-- with it and keep that stamp.

-- "Beside the stronger identifier whose node is by_id this one was seen"; of each rank the earliest.
CREATE TABLE customers_claim (
    shop_id    bigint   NOT NULL,
    kind       smallint NOT NULL CHECK (kind BETWEEN 1 AND 4),
    value      text     COLLATE "C" NOT NULL,
    by_id      bigint   NOT NULL,
    -- 0 a member of staff; 1, 3, 5 an identify or alias call with a user id, an e-mail, a phone; 2, 4, 6 another event
    claim_rank smallint NOT NULL CHECK (claim_rank BETWEEN 0 AND 6),
    claimed_at timestamptz NOT NULL,
    claimed_by text     COLLATE "C" NOT NULL,   -- the event's message id
    by_value   text     COLLATE "C" NOT NULL,   -- of by_id's identifier: decides between claims that are equal otherwise
    -- value before kind: what is looked up by its maker shares no more than the shop with this index and the next, so that
    -- the planner takes customers_claim_made for it, statistics or none.
    PRIMARY KEY (shop_id, value, kind, by_id, claim_rank)
);
CREATE INDEX customers_claim_best ON customers_claim (shop_id, value, kind, claim_rank, claimed_at, claimed_by);
CREATE INDEX customers_claim_made ON customers_claim (shop_id, by_id, kind, claim_rank, claimed_at, claimed_by);
-- rls: customers_claim

-- Claims that a member of staff took back: they never count, whatever events say later.
CREATE TABLE customers_veto (
    shop_id   bigint   NOT NULL,
    kind      smallint NOT NULL,
    value     text     COLLATE "C" NOT NULL,
    by_id     bigint   NOT NULL,
    vetoed_at timestamptz NOT NULL,
    member    text     NOT NULL,
    PRIMARY KEY (shop_id, kind, value, by_id)
);
-- rls: customers_veto

-- Worked out from the claims. customer_id: the node at the end of the line of owners, who the identifier counts for.
-- claim_rank, claimed_at, claimed_by: of the claim that holds; rank 9: nobody's but its own.
ALTER TABLE customers_identifier
    ADD COLUMN node_id bigint,
    ADD COLUMN owner_id bigint,
    DROP CONSTRAINT customers_identifier_claim_rank_check,
    ADD CONSTRAINT customers_identifier_claim_rank_check CHECK (claim_rank BETWEEN 0 AND 9);
-- A customer row that is no identifier's node follows the node anchor_id: merges from before there were nodes.
ALTER TABLE customers_alias ADD COLUMN anchor_id bigint;

-- First and last seen under the node itself; first_seen_at and last_seen_at are those of all that counts for it.
ALTER TABLE customers_customer ADD COLUMN node_first_at timestamptz, ADD COLUMN node_last_at timestamptz;

-- Each value that a trait had, under the node that it was said of (customer_id), with where it came from.
CREATE TABLE customers_trait_change (
    shop_id       bigint NOT NULL,
    customer_id   bigint NOT NULL,
    name          text COLLATE "C" NOT NULL,
    set_at        timestamptz NOT NULL,
    message_id    text COLLATE "C" NOT NULL,
    source        text COLLATE "C" NOT NULL,
    text_value    text COLLATE "C",
    text_key      text COLLATE "C",
    number_value  numeric(24, 6),
    boolean_value boolean,
    time_value    timestamptz,
    PRIMARY KEY (shop_id, customer_id, name, set_at, message_id, source)
);
-- rls: customers_trait_change

-- What is there stays as it is: each customer's strongest identifier becomes its node and claims the others.
CREATE TEMP TABLE strongest ON COMMIT DROP AS
SELECT DISTINCT ON (i.shop_id, coalesce(a.canonical_id, i.customer_id))
       i.shop_id, coalesce(a.canonical_id, i.customer_id) AS node_id, i.kind, i.value
FROM customers_identifier i
LEFT JOIN customers_alias a ON a.shop_id = i.shop_id AND a.customer_id = i.customer_id
ORDER BY i.shop_id, coalesce(a.canonical_id, i.customer_id), i.kind, i.value;

INSERT INTO customers_claim (shop_id, kind, value, by_id, claim_rank, claimed_at, claimed_by, by_value)
SELECT i.shop_id, i.kind, i.value, s.node_id, CASE WHEN s.kind = i.kind THEN 0 ELSE s.kind * 2 - 1 END, i.claimed_at,
       i.claimed_by, s.value
FROM customers_identifier i
LEFT JOIN customers_alias a ON a.shop_id = i.shop_id AND a.customer_id = i.customer_id
JOIN strongest s ON s.shop_id = i.shop_id AND s.node_id = coalesce(a.canonical_id, i.customer_id)
WHERE (s.kind, s.value) <> (i.kind, i.value);

UPDATE customers_identifier i
SET customer_id = c.by_id, owner_id = c.by_id, claim_rank = c.claim_rank
FROM customers_claim c
WHERE c.shop_id = i.shop_id AND c.kind = i.kind AND c.value = i.value;

UPDATE customers_identifier i SET node_id = s.node_id, customer_id = s.node_id, claim_rank = 9
FROM strongest s
WHERE s.shop_id = i.shop_id AND s.kind = i.kind AND s.value = i.value;

UPDATE customers_alias SET anchor_id = canonical_id;

UPDATE customers_customer SET node_first_at = first_seen_at, node_last_at = last_seen_at;

INSERT INTO customers_trait_change (shop_id, customer_id, name, set_at, message_id, source, text_value, text_key,
                                    number_value, boolean_value, time_value)
SELECT shop_id, customer_id, name, set_at, message_id, source, text_value, text_key, number_value, boolean_value, time_value
FROM customers_trait;

CREATE UNIQUE INDEX customers_identifier_node ON customers_identifier (shop_id, node_id) WHERE node_id IS NOT NULL;
CREATE INDEX customers_identifier_owner ON customers_identifier (shop_id, owner_id, kind) WHERE owner_id IS NOT NULL;
CREATE INDEX customers_alias_anchor ON customers_alias (shop_id, anchor_id) WHERE anchor_id IS NOT NULL;
DROP INDEX customers_identifier_customer;
CREATE INDEX customers_identifier_customer ON customers_identifier (shop_id, customer_id, kind);
