-- Purpose: how members are known, for a file of them. Rows: up to CSV_ROWS_MAX. Index: primary key of customers_customer.
SELECT id, coalesce(user_id, ''), coalesce(email, ''), coalesce(phone, '') FROM customers_customer
WHERE shop_id = %(shop)s AND id = ANY (%(ids)s::bigint[])
