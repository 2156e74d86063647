-- Purpose: how the newest orders of a shop were paid. Rows: some. Index: commerce_order_time, %(rows)s orders of it.
SELECT DISTINCT payment_method FROM (
    SELECT payment_method FROM commerce_order WHERE shop_id = %(shop)s ORDER BY ordered_at DESC LIMIT %(rows)s
) o WHERE payment_method IS NOT NULL ORDER BY payment_method
