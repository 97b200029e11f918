-- Questions of the kinds that analysts ask, a line each, asked of the sandbox's Athena and of Trino itself:
-- the two must agree (test_queries.py).

-- aggregates
SELECT count(*), count(iban), count(DISTINCT run_date) FROM dim_finance;
SELECT run_date, count(*) AS n, sum(download_speed) AS total, avg(upload_speed) AS mean FROM fact_network_usage GROUP BY run_date ORDER BY run_date;
SELECT min(birth_date), max(birth_date), min(person_name), max(user_name) FROM dim_person;
SELECT sum(x), avg(x), count(x), min(x), max(x) FROM (VALUES 1, NULL, 2) AS t (x);
SELECT sum(x), avg(x), count(*) FROM (VALUES 1) AS t (x) WHERE x > 1;
SELECT sum(CAST(x AS decimal(5, 2))), avg(CAST(x AS decimal(5, 2))) FROM (VALUES '1.10', '2.25') AS t (x);
SELECT max_by(name, age), min_by(name, age) FROM (VALUES ('a', 1), ('b', NULL), (NULL, 3)) AS t (name, age);
SELECT array_agg(x ORDER BY x DESC), count_if(x > 1), bool_or(x > 2), bool_and(x > 0) FROM (VALUES 1, 2, 3) AS t (x);
SELECT count(*) FILTER (WHERE x > 1), sum(x) FILTER (WHERE x > 5) FROM (VALUES 1, 2, 3) AS t (x);
SELECT approx_distinct(x), approx_percentile(x, 0.5), stddev(x), variance(x) FROM (VALUES 1, 2, 3, 4) AS t (x);
SELECT listagg(x, '|') WITHIN GROUP (ORDER BY x) FROM (VALUES 'b', 'a') AS t (x);
SELECT histogram(x), checksum(x) FROM (VALUES 'a', 'b', 'a') AS t (x);
SELECT arbitrary(x), geometric_mean(x) FROM (VALUES 4, 4) AS t (x);
SELECT download_speed FROM fact_network_usage GROUP BY run_date;
SELECT sum(person_name) FROM dim_person;

-- groups
SELECT a, b, count(*) FROM (VALUES (1, 'x'), (1, 'y'), (2, 'x')) AS t (a, b) GROUP BY ROLLUP (a, b) ORDER BY a, b;
SELECT a, b, grouping(a, b), sum(c) FROM (VALUES (1, 'x', 5), (2, 'x', 6)) AS t (a, b, c) GROUP BY CUBE (a, b) ORDER BY 1, 2, 3;
SELECT a, count(*) FROM (VALUES 1, NULL, NULL) AS t (a) GROUP BY 1 HAVING count(*) > 1;
SELECT month(birth_date), count(*) FROM dim_person GROUP BY month(birth_date) HAVING max(run_date) > '2024-01' ORDER BY 1;

-- windows
SELECT x, row_number() OVER (ORDER BY x), rank() OVER (ORDER BY x), dense_rank() OVER (ORDER BY x) FROM (VALUES 1, 1, 2) AS t (x) ORDER BY 1, 2;
SELECT x, lag(x) OVER (ORDER BY x), lead(x, 2, -1) OVER (ORDER BY x), ntile(2) OVER (ORDER BY x) FROM (VALUES 1, 2, 3) AS t (x) ORDER BY 1;
SELECT k, last_value(x) IGNORE NULLS OVER (ORDER BY k ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM (VALUES (1, 5), (2, NULL), (3, 7)) AS t (k, x) ORDER BY k;
SELECT run_date, sum(consumed_traffic) OVER (ORDER BY run_date) AS running, percent_rank() OVER (ORDER BY run_date) FROM fact_network_usage ORDER BY 1;
SELECT x, avg(x) OVER (ORDER BY x RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM (VALUES 1, 2, 4) AS t (x) ORDER BY x;
SELECT x, first_value(x) OVER w, nth_value(x, 2) OVER w FROM (VALUES 3, 1, 2) AS t (x) WINDOW w AS (ORDER BY x) ORDER BY x;

-- joins
SELECT person.person_name, finance.iban FROM dim_person AS person INNER JOIN dim_finance AS finance USING (unique_id, run_date) ORDER BY 1;
SELECT p.*, unique_id FROM dim_person AS p INNER JOIN dim_finance AS f USING (unique_id) ORDER BY unique_id;
SELECT count(*) FROM dim_person AS p LEFT JOIN fact_network_usage AS u ON p.unique_id = u.unique_id AND u.download_speed > 49 WHERE u.unique_id IS NULL;
SELECT a.x, b.x FROM (VALUES 1, 2) AS a (x) FULL JOIN (VALUES 2, 3) AS b (x) ON a.x = b.x ORDER BY 1, 2;
SELECT a.x, y FROM (VALUES 1, 2) AS a (x) CROSS JOIN UNNEST(sequence(1, a.x)) WITH ORDINALITY AS u (y, n) ORDER BY 1, 2;
SELECT x FROM (VALUES 1, NULL) AS a (x) WHERE x NOT IN (SELECT y FROM (VALUES 2, NULL) AS b (y));
SELECT run_date, (SELECT max(download_speed) FROM fact_network_usage AS u WHERE u.run_date = p.run_date) FROM dim_person AS p ORDER BY 1;
SELECT unique_id FROM dim_person INNER JOIN dim_finance ON true;
SELECT * FROM payments ORDER BY run_date;
SELECT * FROM people ORDER BY run_date;

-- sets and order
SELECT 1 UNION ALL SELECT 2.5 ORDER BY 1;
SELECT x FROM (VALUES 1, 1, 2) AS t (x) EXCEPT ALL SELECT 1 ORDER BY x;
SELECT unique_id FROM dim_person INTERSECT SELECT unique_id FROM dim_finance ORDER BY 1;
SELECT 1 UNION SELECT 'a';
SELECT x FROM (VALUES 2, NULL, 1) AS t (x) ORDER BY x;
SELECT x FROM (VALUES 2, NULL, 1) AS t (x) ORDER BY x DESC NULLS FIRST;
SELECT x FROM (VALUES 'b', 'ă', 'B', 'a') AS t (x) ORDER BY x;
SELECT x FROM (VALUES 1, 2, 3, 3) AS t (x) ORDER BY x DESC FETCH FIRST 1 ROW WITH TIES;
SELECT x FROM (VALUES 1, 2, 3) AS t (x) ORDER BY x OFFSET 1 LIMIT 1;
SELECT x FROM (VALUES nan(), 1e0, infinity(), NULL) AS t (x) ORDER BY x;

-- numbers
SELECT 7 / 2, -7 / 2, 7 % 3, -7 % 3, mod(7, -3);
SELECT 1 / 0;
SELECT 1e0 / 0, 0e0 / 0, nan() = nan(), nan() > 1;
SELECT 2147483647 + 1;
SELECT CAST(1 AS decimal(10, 2)) * CAST(3 AS decimal(10, 3)), 1.10 + 2.205, 10.0 - 0.01;
SELECT round(2.5), round(-2.5), round(2.345, 2), floor(-1.5), ceil(1.2), truncate(1.9), round(2.5e0), sign(-3);
SELECT power(2, 10), sqrt(2), exp(0), ln(1), log(2, 8), cbrt(27), pi(), mod(10, 4);
SELECT greatest(1, 2.5), least(3, 1), greatest(1, NULL), width_bucket(5.0, 0.0, 10.0, 5);
SELECT bitwise_and(6, 3), bitwise_xor(6, 3), to_base(255, 16), from_base('ff', 16);
SELECT REAL '1.1' + 1, REAL '16777217', 1e-7, 123456789012345678e0, 0.1e0 + 0.2e0;

-- casts
SELECT CAST('12' AS integer), CAST(' 12 ' AS varchar(3)), CAST(1.5 AS integer), CAST(-0.5 AS integer), CAST(true AS integer);
SELECT CAST('1.5' AS integer);
SELECT try_cast('x' AS integer), try(1 / 0), try_cast('2024-02-30' AS date);
SELECT CAST('abcdef' AS varchar(3)), CAST('a' AS char(3)) || 'b', CAST(12.345 AS decimal(4, 1));
SELECT CAST(12345 AS decimal(4, 1));
SELECT CAST(1.0 AS varchar), CAST(1e0 AS varchar), CAST(true AS varchar), CAST(DATE '2024-01-02' AS varchar);
SELECT CAST('2024-09-15 01:02:03' AS timestamp), CAST('2024-09-15' AS date), CAST(TIMESTAMP '2024-09-15 23:59:59.999' AS date);
SELECT CAST(download_speed AS varchar) || ' Mbit/s' FROM fact_network_usage ORDER BY 1;
SELECT run_date = DATE '2024-09-15' FROM dim_person;
SELECT typeof(1), typeof('a'), typeof(1.50), typeof(NULL), typeof(ARRAY[1e0]);

-- text
SELECT upper(person_name), lower(user_name), length(person_name), reverse('ăb') FROM dim_person ORDER BY 1;
SELECT substr('hello', 2, 2), substr('hello', -3), substr('hello', 0), strpos('hello', 'l'), position('z' IN 'hello');
SELECT trim('  a '), ltrim('xxa', 'x'), lpad('7', 3, '0'), rpad('ab', 1, 'x'), replace('aaa', 'a', 'b'), concat('a', 'b', 'c');
SELECT split('a,b,,c', ','), split_part('a,b', ',', 2), split_part('a,b', ',', 5), concat_ws('-', 'a', NULL, 'b');
SELECT 'a' || NULL, coalesce(NULL, 'b'), nullif('a', 'a'), '' IS NULL;
SELECT person_name FROM dim_person WHERE person_name LIKE '%_ar%' OR email LIKE 'x';
SELECT person_name FROM dim_person WHERE person_name LIKE 'Ana%' AND email NOT LIKE '%#_%' ESCAPE '#';
SELECT regexp_like('abc123', '\d+'), regexp_extract('abc123', '([a-z]+)(\d+)', 2), regexp_extract('abc', '\d'), regexp_replace('a1b2', '\d', '<$0>'), regexp_count('aXbX', 'X');
SELECT regexp_extract_all('a1b22', '\d+'), regexp_split('a1b', '\d');
SELECT regexp_like('x', '(');
SELECT chr(259), codepoint('ă'), normalize('ă', NFD) = 'ă', levenshtein_distance('ana', 'ion'), soundex('Robert');
SELECT to_hex(md5(to_utf8('a'))), to_base64(to_utf8('ă')), from_utf8(X'41'), crc32(to_utf8('a')), to_hex(sha256(to_utf8('')));
SELECT url_extract_host('https://a.ro/x?y=1'), url_extract_parameter('https://a.ro/x?y=1', 'y'), url_encode('a b&c');
SELECT format('%05d %s %.2f', 42, 'x', 1.5e0), starts_with('abc', 'ab'), translate('abc', 'ab', 'xy');
SELECT address FROM dim_address WHERE address LIKE '%"%';

-- dates
SELECT year(d), month(d), day(d), quarter(d), week(d), day_of_week(d), day_of_year(d), year_of_week(d) FROM (VALUES DATE '2024-12-30', DATE '2021-01-03') AS t (d) ORDER BY d;
SELECT date_trunc('month', accessed_at), date_add('day', -1, accessed_at), hour(accessed_at), date_format(accessed_at, '%d.%m.%Y %H:%i') FROM dim_date ORDER BY accessed_at;
SELECT date_diff('day', DATE '2024-02-28', DATE '2024-03-01'), date_diff('month', DATE '2024-01-31', DATE '2024-02-29'), last_day_of_month(DATE '2024-02-01');
SELECT date_parse('15/09/2024 13:05', '%d/%m/%Y %H:%i'), parse_datetime('2024-09-15', 'yyyy-MM-dd'), from_iso8601_timestamp('2024-09-15T01:02:03Z'), from_iso8601_date('2024-09-15');
SELECT DATE '2024-01-31' + INTERVAL '1' MONTH, TIMESTAMP '2024-09-15 00:00:00' - INTERVAL '1' SECOND, INTERVAL '2' DAY;
SELECT from_unixtime(1726358400), to_unixtime(TIMESTAMP '2024-09-15 00:00:00'), from_unixtime(0.5e0);
SELECT TIMESTAMP '2024-09-15 12:00:00 Europe/Bucharest' AT TIME ZONE 'UTC', with_timezone(TIMESTAMP '2024-09-15 12:00:00', 'America/New_York'), TIME '10:11:12';
SELECT DATE '2024-02-30';
SELECT date_format(DATE '2024-09-05', '%e %b %y'), format_datetime(TIMESTAMP '2024-09-05 06:07:08', 'EEE dd HH:mm'), to_iso8601(DATE '2024-09-05');
SELECT day FROM UNNEST(sequence(DATE '2024-02-27', DATE '2024-03-01', INTERVAL '1' DAY)) AS t (day) ORDER BY day;
SELECT date_parse('x', '%Y');
SELECT person_name, date_diff('year', birth_date, DATE '2024-09-15') AS age FROM dim_person WHERE birth_date BETWEEN DATE '1960-01-01' AND DATE '1970-01-01';

-- conditions and NULL
SELECT CASE WHEN download_speed < 50 THEN 'slow' ELSE 'fast' END AS class, count(*) FROM fact_network_usage GROUP BY 1 ORDER BY 1;
SELECT CASE 1 WHEN 2 THEN 'a' END, if(NULL, 1, 2), NULL = NULL, NULL IS DISTINCT FROM 1, NOT NULL, NULL OR true;
SELECT CASE WHEN true THEN 1 ELSE 'a' END;
SELECT 1 IN (1, NULL), 2 IN (1, NULL), 2 NOT IN (1, NULL), 1 BETWEEN 2 AND 0;

-- arrays, maps, rows, JSON
SELECT ARRAY[1, 2][1], element_at(ARRAY[1, 2], 5), cardinality(ARRAY[]), contains(ARRAY[1, NULL], 2), ARRAY[1] || ARRAY[2];
SELECT ARRAY[1, 2][3];
SELECT transform(ARRAY[1, 2], x -> x * 2), filter(ARRAY[1, 2], x -> x > 1), reduce(ARRAY[1, 2, 3], 0, (s, x) -> s + x, s -> s), any_match(ARRAY[1], x -> x > 1);
SELECT array_distinct(ARRAY[2, 1, 2]), array_sort(ARRAY[3, NULL, 1]), array_join(ARRAY[1, NULL, 2], ',', '?'), slice(ARRAY[1, 2, 3], 2, 2), array_max(ARRAY[1, 9]);
SELECT map(ARRAY['a', 'b'], ARRAY[1, 2])['b'], map_keys(map(ARRAY['a'], ARRAY[1])), element_at(map(ARRAY['a'], ARRAY[1]), 'z');
SELECT map(ARRAY['a'], ARRAY[1])['z'];
SELECT json_extract_scalar('{"a": {"b": [1, "x"]}}', '$.a.b[1]'), json_extract('{"a": [1, 2]}', '$.a'), json_array_length('[1, 2]'), json_format(JSON '{"a":1}');
SELECT CAST(json_parse('{"x": 1, "y": null}') AS map(varchar, integer)), json_query('{"a": [1]}', 'lax $.a' WITH WRAPPER);
SELECT json_parse('{');
SELECT CAST(ROW(1, 'x') AS ROW(n integer, s varchar)).s, ROW(1, 2) = ROW(1, 2), zip(ARRAY[1], ARRAY['a']);

-- names and tables
SELECT "unique_id", IBAN FROM DIM_FINANCE ORDER BY 1;
SELECT 1 AS "Mixed Case", 2 AS Plain, 3 AS "select", 4;
SELECT run_date, count(*) FROM dim_address WHERE run_date IN ('2024-09-14', '2024-09-20') GROUP BY run_date;
SELECT "$path" LIKE 's3://%/run_date=2024-09-15/part-0.parquet' FROM dim_person WHERE run_date = '2024-09-15';
SELECT * FROM dim_person TABLESAMPLE BERNOULLI (100) ORDER BY run_date;
WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 3) SELECT x FROM n ORDER BY x;
WITH daily AS (SELECT run_date, count(*) AS n FROM dim_person GROUP BY run_date) SELECT max(n), min(run_date) FROM daily;
SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'driven_data_db' AND table_name = 'dim_finance' ORDER BY ordinal_position;
SELECT nothing FROM dim_person;
SELECT * FROM no_such_table;
SELECT no_such_function(1);
SELECT * FROM dim_person WHERE;
SELECT count(*) FROM dim_person WHERE run_date > 20240915;
VALUES (1, 'a'), (2, NULL) ORDER BY 1;
TABLE dim_finance ORDER BY run_date;
