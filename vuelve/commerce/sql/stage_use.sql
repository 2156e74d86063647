-- Purpose: one use of a coupon, by the customer or whoever they were merged into. Rows: 1. Index: customers_alias's
-- primary key.
INSERT INTO pg_temp.commerce_coupon_use (shop_id, customer_id, node_id, order_id, code, used_at, position, historical)
SELECT %(shop)s, coalesce(
    (SELECT canonical_id FROM customers_alias WHERE shop_id = %(shop)s AND customer_id = %(customer)s), %(customer)s),
    %(customer)s, %(order_id)s, %(code)s, %(at)s, 0, false
