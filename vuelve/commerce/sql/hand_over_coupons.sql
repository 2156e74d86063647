-- Purpose: hand each run of the group its coupon, and let it leave by `issued`. Rows: up to RUN_BATCH_ROWS.
-- Index: commerce_coupon's unique (shop_id, idempotency_key).
UPDATE pg_temp.run_batch r
SET outcome = 'issued',
    data = r.data || jsonb_build_object(%(output)s::text, jsonb_strip_nulls(jsonb_build_object(
        'code', c.code, 'percent', c.percent, 'amount_minor', c.amount_minor, 'currency', c.currency,
        'expires_at', to_char(c.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        -- The last day on which it is valid, in the shop's zone.
        'expires_on', to_char((c.expires_at - interval '1 second') AT TIME ZONE %(zone)s, 'YYYY-MM-DD'))))
FROM commerce_coupon c
WHERE r.shop_id = %(shop)s AND r.version_id = %(version)s AND r.step_key = %(step_key)s
  AND c.shop_id = %(shop)s AND c.idempotency_key = 'run:' || r.run_id || ':' || r.step_key
