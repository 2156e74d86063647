-- Purpose: the programme's own accounts and what the shop owes its customers. Rows: one; reads all accounts of a shop.
SELECT coalesce(sum(greatest(balance, 0)), 0)::bigint AS outstanding, coalesce(sum(pending), 0)::bigint AS pending,
       coalesce(sum(greatest(-balance, 0)), 0)::bigint AS owed, coalesce(sum(issued), 0)::bigint AS issued,
       coalesce(sum(redeemed), 0)::bigint AS redeemed, coalesce(sum(expired), 0)::bigint AS expired,
       coalesce(sum(withdrawn), 0)::bigint AS withdrawn, coalesce(sum(adjusted), 0)::bigint AS adjusted,
       count(*) FILTER (WHERE balance > 0 OR pending > 0) AS holders, count(*) AS accounts
FROM loyalty_account WHERE shop_id = %(shop)s AND unit = %(unit)s
