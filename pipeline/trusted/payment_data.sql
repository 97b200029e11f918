-- Finance: what each session costs. The amount is real-valued: integer division, as in the handbook's SQL, would
-- drop up to one unit a row (docs/decisions/0005-departmental-arithmetic.md). Numbers become real ones before they are
-- added: a sum of 32-bit integers that overflows is another number.
SELECT
    unique_id,
    iban,
    download_speed,
    upload_speed,
    session_duration,
    consumed_traffic,
    (CAST(download_speed AS double) + upload_speed + 1) / 2
        + CAST(consumed_traffic AS double) / (CAST(session_duration AS double) + 1) AS payment_amount
FROM clean_rows
