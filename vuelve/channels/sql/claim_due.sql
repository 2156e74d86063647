-- Purpose: take due messages of all shops, oldest first, and what gates need to know of them. Rows: at most a batch.
-- Index: channels_message_due. SKIP LOCKED: several dispatchers share the queue; the row locks end with this transaction,
-- which decides about every row that it took.
-- The owner is a column of its own before customers are joined: a join on coalesce(...) is not leakproof, so behind
-- row-level security it may not reach the index, and each message read all customers of its shop (50 ms a batch).
WITH due AS MATERIALIZED (
    SELECT shop_id, customer_id, id, idempotency_key, channel, purpose, template_version_id, journey_id, event_xid,
           event_seq, data, attempts, claimed_at, due_at
    FROM channels_message
    WHERE status = 'queued' AND due_at <= %(now)s
    ORDER BY due_at
    LIMIT %(rows)s
    FOR UPDATE SKIP LOCKED
), owned AS MATERIALIZED (
    SELECT d.*, coalesce(a.canonical_id, d.customer_id) AS owner_id
    FROM due d LEFT JOIN customers_alias a ON a.shop_id = d.shop_id AND a.customer_id = d.customer_id
)
INSERT INTO pg_temp.gate_batch (shop_id, customer_id, id, owner_id, idempotency_key, channel, purpose, template_version_id,
                                journey_id, event_xid, event_seq, data, attempts, claimed_at, address, locale, country,
                                time_zone, shop_time_zone)
SELECT d.shop_id, d.customer_id, d.id, d.owner_id, d.idempotency_key, d.channel, d.purpose, d.template_version_id,
       d.journey_id, d.event_xid, d.event_seq, d.data, d.attempts, d.claimed_at,
       CASE d.channel WHEN 'email' THEN c.email END, c.locale, c.country,
       coalesce(c.time_zone, country.time_zone), shop.time_zone
FROM owned d
JOIN shops_shop shop ON shop.id = d.shop_id
LEFT JOIN customers_customer c ON c.shop_id = d.shop_id AND c.id = d.owner_id
LEFT JOIN customers_country country ON country.country = c.country
