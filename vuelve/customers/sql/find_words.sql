-- Purpose: the customers who have a word that begins with %(word)s and one for each of %(others)s.
-- Rows: at most %(cap)s entries are looked at. Index: customers_word_found, then the primary key for each other word.
SELECT DISTINCT w.customer_id
FROM (
    SELECT customer_id FROM customers_word
    WHERE shop_id = %(shop)s AND word >= %(word)s AND word < %(word)s || chr(1114111)
    LIMIT %(cap)s
) AS w
WHERE NOT EXISTS (
    SELECT FROM unnest(%(others)s::text[]) AS other (word)
    WHERE NOT EXISTS (
        SELECT FROM customers_word o
        WHERE o.shop_id = %(shop)s AND o.customer_id = w.customer_id
          AND o.word >= other.word AND o.word < other.word || chr(1114111)
        OFFSET 0
    )
)
