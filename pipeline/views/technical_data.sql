-- Technical: line quality by address. Minutes are rounded to one decimal, halves away from zero.
SELECT
    usage.run_date,
    usage.unique_id,
    address.address,
    address.mac_address,
    address.ip_address,
    usage.download_speed,
    usage.upload_speed,
    round(CAST(usage.session_duration AS double) / 60, 1) AS min_session_duration,
    usage.download_speed < 50 OR usage.upload_speed < 30 OR usage.session_duration < 60 AS technical_issue
FROM fact_network_usage AS usage
INNER JOIN dim_address AS address
    ON usage.unique_id = address.unique_id AND usage.run_date = address.run_date
