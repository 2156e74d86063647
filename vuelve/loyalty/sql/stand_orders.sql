-- Purpose: what each order earns and what of it stands, as commerce knows the order now. Whatever of its events came
-- first, twice or late, the figures are the same.
-- Rows: a batch's orders. Index: primary keys of commerce_order_key, commerce_order, commerce_item, loyalty_transfer.
-- What is left of the eligible amount: less what was refunded of the lines; where the lines do not add up to it, or shipping or
-- tax count, in proportion to what is left of the total.
INSERT INTO pg_temp.loyalty_standing (shop_id, customer_id, node_id, order_id, ordered_at, day, eligible_minor, left_minor,
                                      currency, points, keep, earns, is_cancelled, known_seq)
SELECT s.shop_id, s.customer_id, s.node_id, s.order_id, s.ordered_at,
       (greatest(s.ordered_at, s.started_at) AT TIME ZONE s.zone)::date, s.eligible, s.left_minor, s.currency,
       s.eligible * s.rate_points / s.rate_minor, s.left_minor * s.rate_points / s.rate_minor,
       s.currency = s.programme_currency AND (s.counts_history OR NOT s.historical AND s.ordered_at >= s.started_at),
       s.is_cancelled, a.seq
FROM (
    SELECT o.shop_id, o.customer_id, coalesce(o.node_id, o.customer_id) AS node_id, o.order_id, o.ordered_at, o.historical, o.currency,
           t.currency AS programme_currency, t.zone, t.started_at, t.counts_history, t.rate_points, t.rate_minor, e.eligible,
           o.status = 'cancelled' AS is_cancelled,
           CASE
               WHEN o.status = 'cancelled' THEN 0
               WHEN o.refunded_minor = 0 THEN e.eligible
               WHEN e.eligible = o.subtotal_minor AND i.amount = o.subtotal_minor THEN greatest(0, e.eligible - i.refunded)
               WHEN o.total_minor > 0 THEN (e.eligible::numeric * (o.total_minor - o.refunded_minor) / o.total_minor)::bigint
               ELSE 0
           END AS left_minor
    FROM pg_temp.loyalty_order w
    JOIN unnest(%(shops)s::bigint[], %(currencies)s::text[], %(zones)s::text[], %(started)s::timestamptz[], %(history)s::boolean[],
                %(points)s::bigint[], %(minor)s::bigint[], %(shipping)s::boolean[], %(tax)s::boolean[])
         AS t (shop_id, currency, zone, started_at, counts_history, rate_points, rate_minor, shipping, tax) ON t.shop_id = w.shop_id
    JOIN commerce_order_key k ON k.shop_id = w.shop_id AND k.order_id = w.order_id
    JOIN commerce_order o ON o.shop_id = k.shop_id AND o.customer_id = k.customer_id AND o.order_id = k.order_id
    CROSS JOIN LATERAL (
        SELECT greatest(0, o.subtotal_minor + CASE WHEN t.shipping THEN o.shipping_minor ELSE 0 END
                           + CASE WHEN t.tax THEN o.tax_minor ELSE 0 END) AS eligible) e
    LEFT JOIN LATERAL (
        SELECT coalesce(sum(l.amount_minor), 0)::bigint AS amount, coalesce(sum(l.refunded_minor), 0)::bigint AS refunded
        FROM commerce_item l WHERE l.shop_id = o.shop_id AND l.customer_id = o.customer_id AND l.order_id = o.order_id
    ) i ON o.refunded_minor > 0
) s
-- LIMIT: one look-up an order. As a join the planner read the whole ledger at each batch.
LEFT JOIN LATERAL (
    SELECT t.seq FROM loyalty_transfer t WHERE t.shop_id = s.shop_id AND t.key = 'order:' || s.order_id LIMIT 1
) a ON true
