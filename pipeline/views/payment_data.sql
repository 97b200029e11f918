-- Finance: what each session costs. The amount is real-valued: integer division, as in the handbook's SQL, would
-- drop up to one unit a row (docs/decisions/0005-departmental-arithmetic.md).
SELECT
    usage.run_date,
    usage.unique_id,
    finance.iban,
    usage.download_speed,
    usage.upload_speed,
    usage.session_duration,
    usage.consumed_traffic,
    CAST(usage.download_speed + usage.upload_speed + 1 AS double) / 2
        + CAST(usage.consumed_traffic AS double) / (usage.session_duration + 1) AS payment_amount
FROM fact_network_usage AS usage
INNER JOIN dim_finance AS finance
    ON usage.unique_id = finance.unique_id AND usage.run_date = finance.run_date
