"""How a column looks to a department that isn't entitled to it, as SQL.

The pipeline table says of each raw column how it is masked, and of each department's table which columns are clear
and by which profile the others are masked.
"""

from driven_data_glue.errors import JobError
from driven_data_glue.pseudonyms import PSEUDONYM
from driven_data_glue.table import Column, TrustedTable

FULL = "'***MASKED***'"
# The walkthrough's mask, which also never shows more than half of a value: short names would stand there whole.
_PARTIAL = "concat(substring({value}, 1, least(5, cast(length({value}) / 2 AS int))), '*****')"


def _walkthrough(column: Column) -> str:
    """The first 5 characters. Of an address only what stands before the @, which is often the user's name."""
    value = f"`{column.name}`"
    return _PARTIAL.format(value=f"substring_index({value}, '@', 1)" if column.rule == "email" else value)


def _strict(column: Column) -> str:
    """What many share, by the column's rule: of an IP address its /8 network, of an IBAN its country and bank.

    An IBAN's national part begins at the fifth character, nearly everywhere with the bank; 4 characters are Romania's
    (ISO 13616). All else goes.
    """
    value = f"`{column.name}`"
    if column.rule == "ipv4":
        return f"concat(substring_index({value}, '.', 1), '.0.0.0/8')"
    if column.rule == "iban":
        return f"concat(substring({value}, 1, 2), '**', substring({value}, 5, 4), '*****')"
    return FULL


PROFILES = {"walkthrough": _walkthrough, "strict": _strict}


def masked_columns(table: TrustedTable, columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """The columns that the table's department doesn't see as they are."""
    return tuple(column for column in columns if column.masking and column.name not in table.clear)


def mask(column: Column, profile: str) -> str:
    """The expression that stands for the column; a pseudonym's wants `pseudonyms.with_key`.

    Raises JobError when the column can't be masked so.
    """
    if profile not in PROFILES:
        raise JobError(f"pipeline.yaml: no masking profile {profile!r}; must be one of {', '.join(PROFILES)}")
    if column.masking == "full":
        return FULL
    if column.masking == "partial" and column.type == "string":
        return PROFILES[profile](column)
    if column.masking == "pseudonym" and column.type == "string":
        return PSEUDONYM.format(value=f"`{column.name}`")
    raise JobError(f"pipeline.yaml: {column.name}, a {column.type}, can't have masking: {column.masking}")
