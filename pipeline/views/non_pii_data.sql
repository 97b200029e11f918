-- Analysts: the rows of pii_data with personal columns masked as the pipeline table says: full masking leaves nothing,
-- partial masking the first 5 characters.
SELECT
    person.run_date,
    '***MASKED***' AS person_name,
    substr(person.user_name, 1, 5) || '*****' AS user_name,
    substr(person.email, 1, 5) || '*****' AS email,
    '***MASKED***' AS personal_number,
    '***MASKED***' AS birth_date,
    '***MASKED***' AS address,
    '***MASKED***' AS phone,
    substr(address.mac_address, 1, 5) || '*****' AS mac_address,
    substr(address.ip_address, 1, 5) || '*****' AS ip_address,
    substr(finance.iban, 1, 5) || '*****' AS iban,
    access.accessed_at,
    usage.session_duration,
    usage.download_speed,
    usage.upload_speed,
    usage.consumed_traffic,
    person.unique_id
FROM dim_person AS person
INNER JOIN dim_address AS address
    ON person.unique_id = address.unique_id AND person.run_date = address.run_date
INNER JOIN dim_finance AS finance
    ON person.unique_id = finance.unique_id AND person.run_date = finance.run_date
INNER JOIN dim_date AS access
    ON person.unique_id = access.unique_id AND person.run_date = access.run_date
INNER JOIN fact_network_usage AS usage
    ON person.unique_id = usage.unique_id AND person.run_date = usage.run_date
