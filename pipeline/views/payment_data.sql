-- Finance: what each session costs. The amount is real-valued: integer division, as in the handbook's SQL, would
-- drop up to one unit a row (docs/decisions/0005-departmental-arithmetic.md). Numbers become real ones before they are
-- added: a sum of 32-bit integers that overflows ends the whole query.
SELECT
    usage.run_date,
    usage.unique_id,
    finance.iban,
    usage.download_speed,
    usage.upload_speed,
    usage.session_duration,
    usage.consumed_traffic,
    (CAST(usage.download_speed AS double) + usage.upload_speed + 1) / 2
        + CAST(usage.consumed_traffic AS double) / (CAST(usage.session_duration AS double) + 1) AS payment_amount
FROM fact_network_usage AS usage
INNER JOIN dim_finance AS finance
    ON usage.unique_id = finance.unique_id AND usage.run_date = finance.run_date
