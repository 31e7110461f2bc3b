"""What is wrong with texts.

    numbers_as_text   19 of 20 texts are numbers; none has a leading zero, as codes have
    dates_as_text     19 of 20 texts are dates or times
    mixed_types       some texts are numbers, others are not, and both recur
    mixed_spellings   the same category in several spellings: case, blanks, punctuation, accents
    whitespace        blanks around a text, or several in a row, or one that does not break
    placeholders      texts that say there is no value: NA, ?, refused, 99999 among times of day
    blank             texts without a character
    text_as_bytes     bytes that were never decoded

Each text is looked at once, however many rows have it; of more than 20,000 different ones, every
n-th (the issue then says `sampled`), and what is found is counted in all.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow.compute as pc

from core.eda.issue import DataQualityIssue
from core.eda.quality.codes import is_code
from core.eda.quality.conditions import rows_where, text
from core.profile import vectors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.eda.issue import Severity
    from core.eda.quality.examined import ExaminedColumn
    from core.eda.quality.examined_table import ExaminedTable

_NEARLY_ALL: Final = 0.95
_SOME: Final = 0.02  # of the values must be numbers, and as many must not
_FEWEST: Final = 3
_LEAST: Final = 5  # different rows without which nothing is said of a column's type
_MOST_CATEGORIES: Final = 2_000  # more different texts are no categories

# RE2, in Arrow and in DuckDB alike
NUMBER: Final = r"^\s*[-+]?([0-9]+([.,][0-9]+)?|[.][0-9]+)([eE][-+]?[0-9]+)?\s*%?\s*$"
LEADING_ZERO: Final = r"^\s*0[0-9]+\s*$"
DATE: Final = (
    r"^\s*([0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2,4})"
    r"([T ][0-9]{1,2}:[0-9]{2}.*)?\s*$|^\s*[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?\s*$"
)
WHITESPACE: Final = r"^[\s\x{00A0}]|[\s\x{00A0}]$|[ ]{2}|\x{00A0}|\t"
_NONE: Final = frozenset(
    (
        *("na", "n/a", "n.a.", "#n/a", "nan", "null", "none", "nil", "missing", "unknown", "unk"),
        *("?", "??", "-", "--", ".", "..", "*", "**", "***", "refused", "dontknow", "don'tknow"),
        *("notapplicable", "notavailable", "notknown", "notanswered", "noanswer", "nomatch", "dk"),
        *("nodata", "notasked", "undefined", "tbd"),
    )
)


def texts(column: ExaminedColumn, table: ExaminedTable) -> Iterator[DataQualityIssue]:
    """Yield the issues of a column of texts."""
    del table
    if column.family == "bytes":
        yield _bytes(column)
    if column.family != "text":
        return
    none = placeholders(column)
    yield from _placeholders(column, none)
    yield from _blank(column)
    yield from _types(column, none)
    yield from _whitespace(column)
    if column.distinct <= _MOST_CATEGORIES:
        yield from _spellings(column)


def matching(column: ExaminedColumn, pattern: str) -> int:
    """Count the rows whose text matches, when one of the texts that are looked at does."""
    if not pc.any(pc.match_substring_regex(column.some_words, pattern)).as_py():
        return 0
    words, counts = column.texts
    return int(counts[vectors.flags(pc.match_substring_regex(words, pattern))].sum())


def matches_sql(column: ExaminedColumn, pattern: str) -> str:
    """Return the condition that a text matches."""
    return f"regexp_matches({column.text_sql}, {text(pattern)})"


def placeholders(column: ExaminedColumn) -> dict[str, int]:
    """Return the texts that say there is no value, with their counts."""
    words, pairs = column.some_words, column.some_texts
    said = pc.utf8_lower(pc.replace_substring_regex(words, r"[\s_*]+", ""))
    likely = vectors.flags(pc.is_in(said, value_set=vectors.texts([*_NONE, ""])))
    found: dict[str, int] = {}
    total = sum(n for _, n in pairs)
    digits = np.flatnonzero(vectors.flags(pc.match_substring_regex(words, r"^\s*\p{Nd}+\s*$")))
    numbered = [pairs[place] for place in digits.tolist()]
    repeated = {value: n for value, n in numbered if _is_repeated_digit(value)}
    if sum(repeated.values()) <= 0.2 * total and sum(n for _, n in numbered) <= 0.3 * total:
        found |= repeated
    for place in np.flatnonzero(likely).tolist():
        value, count = pairs[place]
        if (re.sub(r"[\s_*]+", "", value.casefold()) or value.strip()) in _NONE:
            found[value] = count
    return found if sum(found.values()) < total else {}


def _is_repeated_digit(value: str) -> bool:
    stripped = value.strip()
    if not (stripped.isascii() and stripped.isdigit() and 2 <= len(stripped) <= 9):
        return False
    return is_code(float(stripped))


def _placeholders(column: ExaminedColumn, none: dict[str, int]) -> Iterator[DataQualityIssue]:
    if not none:
        return
    rows = sum(none.values())
    listed = ", ".join(text(value) for value in none)
    share = rows / (column.rows - column.missing)
    yield DataQualityIssue(
        issue_type="placeholders",
        severity="high" if share >= 0.01 else "medium",
        column=column.name,
        description=f"{rows:,} texts ({share:.1%}) say that there is no value: {listed}.",
        affected_rows=rows,
        recommendation="Make them missing; keep the reason in a column of its own if it is one.",
        evidence={"counts": dict(none), "share": share},
        sql=rows_where(f"{column.text_sql} in ({listed})"),
        impact=share,
        sampled=column.sampled,
    )


def _blank(column: ExaminedColumn) -> Iterator[DataQualityIssue]:
    rows = matching(column, r"^\s*$")
    share = rows / max(1, column.rows - column.missing)
    if rows:
        severity: Severity = "high" if share >= 0.3 else "medium" if share >= 0.05 else "low"
        yield DataQualityIssue(
            issue_type="blank",
            severity=severity,
            column=column.name,
            description=f"{rows:,} texts ({share:.1%}) are blank, which no count of missing shows.",
            affected_rows=rows,
            recommendation="Make them missing.",
            evidence={"rows": rows, "share": share},
            sql=rows_where(matches_sql(column, r"^\s*$")),
            impact=share,
            sampled=column.sampled,
        )


def _types(column: ExaminedColumn, none: dict[str, int]) -> Iterator[DataQualityIssue]:
    kinds = _kinds(column, none)
    total = sum(kinds.values())
    if total < _LEAST:
        return
    if kinds["date"] >= _NEARLY_ALL * total:
        yield _as_text("dates_as_text", column, DATE, "dates or times of day", kinds["date"])
    elif kinds["number"] >= _NEARLY_ALL * total:
        yield _as_text("numbers_as_text", column, NUMBER, "numbers", kinds["number"])
    for kind, pattern in (("date", DATE), ("number", NUMBER)):
        rows, others = kinds[kind], total - kinds[kind]
        if rows >= max(_FEWEST, _SOME * total) and others >= max(_FEWEST, _SOME * total):
            yield _mixed(column, kind, pattern, rows=rows, total=total)


def _kinds(column: ExaminedColumn, none: dict[str, int]) -> dict[str, int]:
    """Count the rows of dates, numbers and other texts among those that say something."""
    words = column.some_words
    counts = np.array([n for _, n in column.some_texts], np.int64)
    said = vectors.flags(pc.match_substring_regex(words, r"[^\s\x{00A0}]"))
    said &= np.array([value not in none for value, _ in column.some_texts], bool)
    is_date, is_number, is_code_like = (
        vectors.flags(pc.match_substring_regex(words, pattern))
        for pattern in (DATE, NUMBER, LEADING_ZERO)
    )
    is_number &= ~is_date & ~is_code_like
    kinds = {"date": said & is_date, "number": said & is_number, "text": said}
    found = {kind: int(counts[rows].sum()) for kind, rows in kinds.items()}
    return {**found, "text": found["text"] - found["date"] - found["number"]}


def _as_text(
    kind: str, column: ExaminedColumn, pattern: str, what: str, rows: int
) -> DataQualityIssue:
    found = matching(column, pattern) if column.sampled else 0
    affected = found or matching(column, pattern)
    return DataQualityIssue(
        issue_type=kind,
        severity="medium",
        column=column.name,
        description=(
            f"{affected:,} of {column.rows - column.missing:,} texts are {what}: as text they can"
            " neither be ordered nor added up."
        ),
        affected_rows=affected,
        recommendation=f"Read the column as {what}, and look at the texts that do not fit.",
        evidence={"rows": rows, "pattern": pattern},
        sql=rows_where(matches_sql(column, pattern)),
        impact=affected / column.rows,
        sampled=column.sampled,
    )


def _mixed(
    column: ExaminedColumn, kind: str, pattern: str, *, rows: int, total: int
) -> DataQualityIssue:
    fewer = 2 * rows <= total
    condition = matches_sql(column, pattern)
    affected = matching(column, pattern)
    if not fewer:
        affected = column.rows - column.missing - affected
        condition = f"not {condition}"
    which = f"are {kind}s and the others are not" if fewer else f"are no {kind}s, the others are"
    return DataQualityIssue(
        issue_type="mixed_types",
        severity="medium",
        column=column.name,
        description=f"{affected:,} of {column.rows - column.missing:,} texts {which}.",
        affected_rows=affected,
        recommendation="Find out how they came in, and give them a column of their own.",
        evidence={"rows": affected, "share": affected / column.rows},
        sql=rows_where(condition),
        impact=affected / column.rows,
        sampled=column.sampled,
    )


def _whitespace(column: ExaminedColumn) -> Iterator[DataQualityIssue]:
    pattern = rf"\S.*(?:{WHITESPACE})|(?:{WHITESPACE}).*\S"
    rows = matching(column, pattern)
    if rows:
        yield DataQualityIssue(
            issue_type="whitespace",
            severity="low",
            column=column.name,
            description=f"{rows:,} texts have blanks around them, or several in a row.",
            affected_rows=rows,
            recommendation="Trim them before they are compared or joined.",
            evidence={"rows": rows, "pattern": pattern},
            sql=rows_where(matches_sql(column, pattern)),
            impact=rows / column.rows,
            sampled=column.sampled,
        )


def _spellings(column: ExaminedColumn) -> Iterator[DataQualityIssue]:
    groups: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for value, count in column.some_texts:
        key = _spelled(value)
        if key:
            groups[key].append((value, count))
    several = {key: found for key, found in groups.items() if len(found) > 1}
    if not several:
        return
    rarer = [
        (value, count)
        for found in several.values()
        for value, count in sorted(found, key=lambda pair: (-pair[1], pair[0]))[1:]
    ]
    rows = sum(count for _, count in rarer)
    examples = [" = ".join(repr(value) for value, _ in found) for found in several.values()]
    yield DataQualityIssue(
        issue_type="mixed_spellings",
        severity="medium",
        column=column.name,
        description=(
            f"{len(several)} {'category is' if len(several) == 1 else 'categories are'} spelled in"
            " several ways, such as"
            f" {'; '.join(examples[:3])}. {rows:,} rows have a rarer spelling."
        ),
        affected_rows=rows,
        recommendation="Map them to the most frequent spelling, else they count as other groups.",
        evidence={"spellings": {k: dict(found) for k, found in list(several.items())[:20]}},
        sql=rows_where(f"{column.text_sql} in ({', '.join(text(value) for value, _ in rarer)})"),
        impact=rows / column.rows,
    )


def _spelled(value: str) -> str:
    """Reduce a text to its letters and digits, without case and accents."""
    plain = unicodedata.normalize("NFKD", value).casefold()
    if re.search(r"[0-9][-+.,:/][0-9]|[-+<>=]\s*[0-9]|[0-9][-+]", plain):
        return ""  # 1.5 and 15, -1 and 1, <5 and 5 are not the same
    return "".join(letter for letter in plain if letter.isalnum())


def _bytes(column: ExaminedColumn) -> DataQualityIssue:
    present = column.rows - column.missing
    return DataQualityIssue(
        issue_type="text_as_bytes",
        severity="medium",
        column=column.name,
        description=f"{present:,} values are bytes: nothing in them was looked at.",
        affected_rows=present,
        recommendation="Read the file with its encoding, so that they become texts.",
        evidence={"rows": present},
        sql=rows_where(column.present_sql),
        impact=present / column.rows,
    )
