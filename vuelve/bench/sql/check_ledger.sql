-- Purpose: what the ledger holds after a run. Rows: one; reads everything.
SELECT (SELECT count(*) FROM loyalty_transfer WHERE shop_id = %(shop)s AND kind = 1),
       (SELECT count(*) FROM loyalty_transfer WHERE shop_id = %(shop)s AND kind = 2),
       (SELECT coalesce(sum(points), 0)::bigint FROM loyalty_posting WHERE shop_id = %(shop)s AND from_account = 11),
       (SELECT coalesce(sum(points), 0)::bigint FROM loyalty_posting WHERE shop_id = %(shop)s AND to_account = 12),
       (SELECT coalesce(sum(balance), 0)::bigint FROM loyalty_account WHERE shop_id = %(shop)s),
       (SELECT count(*) FROM events_event WHERE shop_id = %(shop)s AND source = 'loyalty')
