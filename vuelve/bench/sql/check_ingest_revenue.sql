-- Purpose: what was spent, in minor units, by currency. Rows: one a currency.
SELECT currency, sum(total_minor) FROM commerce_order WHERE shop_id = %(shop)s GROUP BY currency
