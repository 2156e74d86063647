-- Purpose: the words by which touched customers are found; one that counts for another has none.
-- Rows: some four a customer of the batch, those that are there stay. Index: primary key of customers_word.
WITH wanted AS MATERIALIZED (
    SELECT p.shop_id, p.customer_id,
           -- A newcomer, nine times of ten: nothing but an id, which is no word.
           CASE WHEN coalesce(p.name, p.email, p.phone, p.country) IS NULL THEN '{}'::text[]
                ELSE customers_words(p.search_key, p.user_id, p.phone, p.country) END AS words
    FROM pg_temp.customers_profile p
), gone AS (
    DELETE FROM customers_word w USING wanted
    WHERE w.shop_id = wanted.shop_id AND w.customer_id = wanted.customer_id AND w.word <> ALL (wanted.words)
)
INSERT INTO customers_word (shop_id, customer_id, word)
SELECT wanted.shop_id, wanted.customer_id, word
FROM wanted, unnest(wanted.words) AS word
ORDER BY wanted.shop_id, wanted.customer_id, word
ON CONFLICT DO NOTHING
