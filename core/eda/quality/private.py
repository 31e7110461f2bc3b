"""Values that name a person, found by their shape and never shown.

    email             local@domain.tld
    phone             + and 8 to 15 digits, or 10 digits in groups of 3, 3 and 4
    ssn               US social security numbers, 3-2-4, none that is never given out
    card              13 to 19 digits whose check digit is right (Luhn)
    iban              two letters, two check digits that are right (ISO 7064), 11 to 30 characters
    nhs_number        10 digits in groups of 3, 3 and 4 whose check digit is right (modulo 11)
    ip_address        four numbers up to 255

The evidence says how many, and which columns; not one value leaves this module.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from core.eda.issue import DataQualityIssue
from core.eda.quality.conditions import rows_where
from core.eda.quality.texts import matches_sql, matching

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from core.eda.quality.examined import ExaminedColumn
    from core.eda.quality.examined_table import ExaminedTable

_BYTE: Final = "(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
_PATTERNS: Final = {
    "email": r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}",
    "iban": r"^\s*[A-Z]{2}[0-9]{2}( ?[A-Z0-9]{4}){2,7}( ?[A-Z0-9]{1,3})?\s*$",
    "ssn": r"^\s*[0-8][0-9]{2}-[0-9]{2}-[0-9]{4}\s*$",
    "nhs_number": r"^\s*[0-9]{3} [0-9]{3} [0-9]{4}\s*$",
    "phone": r"^\s*(\+[0-9][0-9 ()./-]{7,18}[0-9]|\(?[0-9]{3}\)?[-. ][0-9]{3}[-. ][0-9]{4})\s*$",
    "card": r"^\s*[0-9]{4}([ -]?[0-9]{4}){2}[ -]?[0-9]{1,7}\s*$",
    "ip_address": rf"^\s*{_BYTE}(\.{_BYTE}){{3}}\s*$",
}
_NAMES: Final = {
    "email": "e-mail addresses",
    "iban": "bank account numbers",
    "ssn": "social security numbers",
    "nhs_number": "NHS numbers",
    "phone": "telephone numbers",
    "card": "payment card numbers",
    "ip_address": "addresses of computers",
}
_CONFIRMED: Final = 0.9  # of the texts of a shape must have a right check digit


def private(column: ExaminedColumn, table: ExaminedTable) -> Iterator[DataQualityIssue]:
    """Yield an issue for values that name or reach a person."""
    del table
    if column.family != "text":
        return
    for kind, pattern in _PATTERNS.items():
        rows = matching(column, pattern)
        if not rows or not _is_confirmed(column, kind, pattern):
            continue
        share = rows / (column.rows - column.missing)
        yield DataQualityIssue(
            issue_type="personal_data",
            severity="high" if kind == "ip_address" else "critical",
            column=column.name,
            description=(
                f"{rows:,} texts ({share:.1%}) have the shape of {_NAMES[kind]}. They are not shown"
                " here."
            ),
            affected_rows=rows,
            recommendation=(
                "Remove them, or replace them by a keyed code, before the table is shared, stored"
                " or used for a model; find out whether they may be held at all."
            ),
            evidence={"kind": kind, "rows": rows, "share": share},
            sql=rows_where(matches_sql(column, pattern)),
            impact=share,
            sampled=column.sampled,
        )
        return


def _is_confirmed(column: ExaminedColumn, kind: str, pattern: str) -> bool:
    """Tell whether check digits are right, for those that have them."""
    check = _CHECKS.get(kind)
    if check is None:
        return True
    shaped = [value for value, _ in column.some_texts if re.search(pattern, value)]
    right = sum(check(re.sub(r"[\s-]", "", value)) for value in shaped)
    return right >= max(1, _CONFIRMED * len(shaped))


def has_luhn_digit(digits: str) -> bool:
    """Tell whether the last digit of a card number is the right one.

    >>> has_luhn_digit("4111111111111111"), has_luhn_digit("4111111111111112")
    (True, False)
    """
    doubled = [int(d) * (2 if place % 2 else 1) for place, d in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0 and 13 <= len(digits) <= 19


def has_iban_digits(account: str) -> bool:
    """Tell whether the check digits of an account number are right.

    >>> has_iban_digits("GB82WEST12345698765432")
    True
    """
    moved = account[4:] + account[:4]
    return int("".join(str(int(letter, 36)) for letter in moved)) % 97 == 1


def has_nhs_digit(digits: str) -> bool:
    """Tell whether the last digit of an NHS number is the right one.

    >>> has_nhs_digit("9434765919")
    True
    """
    total = sum(int(digit) * (10 - place) for place, digit in enumerate(digits[:9]))
    return (11 - total % 11) % 11 == int(digits[9])


_CHECKS: Final[dict[str, Callable[[str], bool]]] = {
    "card": has_luhn_digit,
    "iban": has_iban_digits,
    "nhs_number": has_nhs_digit,
}
