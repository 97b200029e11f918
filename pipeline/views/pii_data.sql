-- Restricted: every column, one row for each session.
SELECT
    person.run_date,
    person.person_name,
    person.user_name,
    person.email,
    person.personal_number,
    person.birth_date,
    address.address,
    person.phone,
    address.mac_address,
    address.ip_address,
    finance.iban,
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
