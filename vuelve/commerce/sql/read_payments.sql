-- Purpose: payments into pg_temp.commerce_payment_in, with the reason of those that are malformed: of `Payment Updated`,
-- and those that well-formed orders and updates carry.
-- Rows: up to CONSUMER_BATCH_ROWS, some more where orders carry several. Index: customers_alias's primary key.
WITH said AS MATERIALIZED (
    SELECT b.shop_id, coalesce(a.canonical_id, b.customer_id) AS customer_id, b.customer_id AS node_id, b.seq, b.occurred_at,
           b.message_id, b.name, CASE WHEN g.readable THEN b.properties ELSE '{}' END AS payment, g.readable,
           NULL::text AS order_id, NULL::bigint AS number
    FROM pg_temp.event_batch b
    CROSS JOIN LATERAL (SELECT commerce_is_readable(b.properties) AS readable OFFSET 0) g
    LEFT JOIN customers_alias a ON a.shop_id = b.shop_id AND a.customer_id = b.customer_id
    WHERE b.kind = 1 AND b.name = 'Payment Updated' AND b.customer_id IS NOT NULL
    UNION ALL
    SELECT h.shop_id, h.customer_id, h.node_id, h.seq, h.at, h.message_id, b.name,
           CASE WHEN json_typeof(e.payment) = 'object' THEN e.payment ELSE '{}' END, true, h.order_id, e.number
    FROM pg_temp.commerce_order_in h
    JOIN pg_temp.event_batch b ON b.seq = h.seq
    CROSS JOIN LATERAL json_array_elements(CASE WHEN h.has_payments THEN b.properties -> 'payments' ELSE '[]' END)
        WITH ORDINALITY AS e (payment, number)
    WHERE h.reason IS NULL AND h.has_payments
)
INSERT INTO pg_temp.commerce_payment_in (shop_id, customer_id, node_id, seq, at, message_id, event_name, order_id, payment_id,
    state, method, provider, currency, amount, instalments, reason)
SELECT s.shop_id, s.customer_id, s.node_id, s.seq, s.occurred_at, s.message_id, s.name, left(i.order_id, %(order_id_max)s),
       -- Of several that a store does not tell apart, the first is always the first.
       coalesce(i.payment_id, '#' || coalesce(s.number, 1)), m.state,
       lower(left(nullif(btrim(x.method), ''), %(order_id_max)s)), left(nullif(btrim(x.provider), ''), %(order_id_max)s),
       c.code, n.amount, CASE WHEN n.instalments BETWEEN 1 AND 1000 THEN round(n.instalments) END,
       CASE
           WHEN NOT s.readable THEN 'unreadable'
           WHEN i.order_id IS NULL THEN 'order_id_missing'
           WHEN length(i.order_id) > %(order_id_max)s THEN 'order_id_too_long'
           WHEN length(i.payment_id) > %(order_id_max)s THEN 'payment_id_too_long'
           WHEN m.state IS NULL THEN 'payment_state_unknown'
           WHEN btrim(x.currency) <> '' AND c.code IS NULL THEN 'currency_unknown'
           WHEN (x.amount <> '' AND n.amount IS NULL) OR (x.instalments <> '' AND n.instalments IS NULL)
           THEN 'amount_not_a_number'
           WHEN n.amount < 0 THEN 'amount_negative'
           WHEN n.amount > %(amount_max)s THEN 'amount_too_large'
       END
FROM said s
CROSS JOIN LATERAL json_to_record(s.payment) AS x (order_id json, payment_id json, method text, provider text, state text,
    amount text, currency text, instalments text)
CROSS JOIN LATERAL (
    SELECT coalesce(s.order_id, CASE WHEN json_typeof(x.order_id) IN ('string', 'number')
                                     THEN nullif(btrim(x.order_id #>> '{}'), '') END) AS order_id,
           CASE WHEN json_typeof(x.payment_id) IN ('string', 'number')
                THEN nullif(btrim(x.payment_id #>> '{}'), '') END AS payment_id
    OFFSET 0) i
CROSS JOIN LATERAL (
    SELECT commerce_number(x.amount) AS amount, commerce_number(x.instalments) AS instalments OFFSET 0) n
LEFT JOIN unnest(%(payment_words)s::text[], %(payment_states)s::text[]) AS m (word, state)
       ON m.word = regexp_replace(lower(left(x.state, 40)), '[^a-z]', '', 'g')
LEFT JOIN commerce_currency c ON c.code = upper(btrim(x.currency))
