-- Purpose: withheld messages by reason. Rows: a handful.
SELECT reason, count(*) FROM channels_message WHERE shop_id = %(shop)s AND status = 'withheld' GROUP BY reason ORDER BY reason
