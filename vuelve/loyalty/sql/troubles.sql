-- Purpose: what the programme could not do lately. Rows: one. Index: commerce_order_time; loyalty_transfer_short.
SELECT (SELECT count(*) FROM commerce_order
        WHERE shop_id = %(shop)s AND ordered_at >= %(since)s AND currency <> %(currency)s AND status <> 'cancelled') AS other_currency,
       (SELECT coalesce(sum(shortfall), 0)::bigint FROM loyalty_transfer
        WHERE shop_id = %(shop)s AND shortfall > 0 AND at >= %(since)s) AS shortfall
