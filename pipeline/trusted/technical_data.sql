-- Technical: line quality by address. Minutes are rounded to one decimal, halves away from zero.
SELECT
    unique_id,
    address,
    mac_address,
    ip_address,
    download_speed,
    upload_speed,
    round(CAST(session_duration AS double) / 60, 1) AS min_session_duration,
    download_speed < 50 OR upload_speed < 30 OR session_duration < 60 AS technical_issue
FROM clean_rows
