-- Purpose: the baskets of a stretch of time as `Order Completed` events, in DuckDB.
-- Rows: about 3,000 a week. The file is sorted by time, so a week reads its own row groups only.
-- Amounts: sales_value, what was paid for a line, is cents kept in a double; everything is counted in whole cents.
-- A unit's price that is no whole cent keeps six digits: times the quantity it gives the line's cents again.
-- Fuel is sold by the thousandth of a gallon (quantities in the thousands): one unit, its volume as the variant.
-- A quantity of 0 is a coupon or an adjustment: one unit of what was paid.
WITH line AS (
    SELECT household_id, basket_id, transaction_timestamp, product_id,
           round(sales_value * 100)::bigint AS paid_cents,
           round((retail_disc + coupon_match_disc) * 100)::bigint AS discount_cents,
           CASE WHEN quantity BETWEEN 1 AND $units_max THEN quantity ELSE 1 END AS units,
           CASE WHEN quantity > $units_max THEN printf('%.3f gal', quantity / 1000) END AS variant
    FROM read_parquet($transactions)
    JOIN household USING (household_id)
    WHERE transaction_timestamp >= $since AND transaction_timestamp < $until
)
SELECT l.household_id,
       l.basket_id::varchar AS order_id,
       max(l.transaction_timestamp) AS ordered_at,
       count(*) AS lines,
       replace(to_json({
           order_id: l.basket_id::varchar,
           currency: $currency,
           subtotal: (sum(l.paid_cents) / 100)::decimal(12, 2),
           total: (sum(l.paid_cents) / 100)::decimal(12, 2),
           discount: (sum(l.discount_cents) / 100)::decimal(12, 2),
           products: list({
               product_id: l.product_id::varchar,
               name: coalesce(c.name, 'Product ' || l.product_id),
               category: c.category,
               brand: c.brand,
               variant: l.variant,
               price: CASE WHEN l.paid_cents % l.units = 0 THEN (l.paid_cents // l.units / 100)::decimal(14, 2)::varchar
                           ELSE (l.paid_cents / l.units / 100)::decimal(18, 6)::varchar END,
               quantity: l.units
           } ORDER BY l.product_id)
       })::varchar, ',"variant":null', '') AS properties
FROM line l LEFT JOIN catalogue c USING (product_id)
GROUP BY l.household_id, l.basket_id
ORDER BY ordered_at, order_id
