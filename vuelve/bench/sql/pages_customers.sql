-- Purpose: the customers of the benchmark of pages, with identifiers, words, traits and consents. Rows: %(customers)s. No index.
-- Names are common ones, a few far more than others; one in a thousand is from Chile. Seven of ten have a user id.
WITH parts AS (
    SELECT ARRAY['José','María','Ana','Luis','Sofía','Íñigo','Zoë','Bea','Raúl','Lucía','João','Inés','Martín','Andrés','Noé','Úrsula','Ángel','Óscar','Tomás','Julián'] AS given,
           ARRAY['Pérez','García','Núñez','López','Muñoz','Sánchez','Gómez','Peña','Ibáñez','Quiñones','Fernández','Álvarez','Jiménez','Ordóñez','Zúñiga','Bermúdez','Villaseñor','Araújo','Gonçalves','Acuña'] AS family,
           ARRAY['jose','maria','ana','luis','sofia','inigo','zoe','bea','raul','lucia','joao','ines','martin','andres','noe','ursula','angel','oscar','tomas','julian'] AS given_folded,
           ARRAY['perez','garcia','nunez','lopez','munoz','sanchez','gomez','pena','ibanez','quinones','fernandez','alvarez','jimenez','ordonez','zuniga','bermudez','villasenor','araujo','goncalves','acuna'] AS family_folded
), people AS MATERIALIZED (
    SELECT n, 1 + (power(random(), 3) * 20)::int %% 20 AS g, 1 + (power(random(), 2) * 20)::int %% 20 AS f, 1 + (n * 7) %% 20 AS f2,
           lpad(to_hex(n), 5, '0') AS tail,
           CASE WHEN n %% 10 < 7 THEN 'u-' || n END AS user_id,
           CASE WHEN n %% 1000 = 1 THEN 'CL' WHEN n %% 10 < 7 THEN 'MX' WHEN n %% 10 < 9 THEN 'AR' ELSE 'BR' END AS country,
           %(now)s::timestamptz - interval '1 year' * random() AS seen_at
    FROM generate_series(1, %(customers)s::bigint) AS n
), named AS MATERIALIZED (
    SELECT p.*, given[g] || ' ' || family[f] || ' ' || family[f2] AS name,
           given_folded[g] || ' ' || family_folded[f] || ' ' || family_folded[f2] AS folded,
           CASE WHEN n %% 10 < 6 THEN given_folded[g] || '.' || family_folded[f] || '.' || tail || CASE WHEN n %% 3 = 0 THEN '@acme-' || n %% 500 || '.mx' ELSE '@gmail.com' END END AS email,
           CASE WHEN n %% 10 < 3 THEN '+5255' || lpad((n * 7919 %% 100000000)::text, 8, '0') END AS phone
    FROM people p, parts
), profiles AS MATERIALIZED (
    INSERT INTO customers_customer (shop_id, id, user_id, email, phone, name, search_key, locale, country, created_at, first_seen_at, last_seen_at)
    SELECT %(shop)s, n, user_id, email, phone, name, concat_ws(' ', folded, email, user_id), 'es-MX', country,
           seen_at - interval '60 days', seen_at - interval '60 days', seen_at
    FROM named RETURNING id, user_id, email, phone, country, search_key, created_at
), words AS (
    INSERT INTO customers_word SELECT %(shop)s, id, unnest(customers_words(search_key, user_id, phone, country)) FROM profiles
), identifiers AS (
    INSERT INTO customers_identifier (shop_id, kind, value, customer_id, claimed_at, claimed_by, claim_rank, node_id, owner_id)
    SELECT %(shop)s, kind, value, id, created_at, 'm', 1, CASE place WHEN 1 THEN id END, CASE WHEN place > 1 THEN id END
    FROM (SELECT id, created_at, kind, value, row_number() OVER (PARTITION BY id ORDER BY kind) AS place
          FROM profiles, LATERAL (VALUES (1, user_id), (2, email), (3, phone), (4, CASE WHEN user_id IS NULL THEN 'anonymous-' || id END)) AS each (kind, value)
          WHERE value IS NOT NULL) AS all_of_them
), traits AS (
    INSERT INTO customers_trait (shop_id, customer_id, name, text_value, text_key, set_at, message_id, source)
    SELECT %(shop)s, id, name, 'v' || id %% 50, 'v' || id %% 50, created_at, 'm', 'api' FROM profiles, unnest(ARRAY['city', 'plan']) AS name WHERE id %% 2 = 0
), decisions AS (
    INSERT INTO customers_consent_change (shop_id, customer_id, channel, purpose, is_granted, decided_at, message_id, source)
    SELECT %(shop)s, id, 'email', 'marketing', id %% 7 > 0, created_at, 'm', 'api' FROM profiles WHERE email IS NOT NULL
)
INSERT INTO customers_consent (shop_id, customer_id, channel, purpose, is_granted, decided_at, message_id, source)
SELECT %(shop)s, id, 'email', 'marketing', id %% 7 > 0, created_at, 'm', 'api' FROM profiles WHERE email IS NOT NULL
