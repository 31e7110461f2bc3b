"""Every error of a question to the catalog; the root is in lake/errors.py.

MhrasError
  CatalogError                    a question the catalog cannot answer
    FilterError                   a filter or an order key that says nothing clear  (ValueError)
    QueryError                    SQL that DuckDB refuses                           -
"""

from __future__ import annotations

from lake.errors import MhrasError


class CatalogError(MhrasError):
    """The catalog cannot answer this."""

    code = "catalog"


class FilterError(CatalogError, ValueError):
    """A filter or an order key cannot be read.

    The facts `filter`, `position` (counted from 0) and `example` say what, where and how it could
    be written.

    >>> error = FilterError.at(12, "metrics.auc >", "no value", example="metrics.auc > 0.8")
    >>> str(error)
    'At position 12: no value. Write, for example: metrics.auc > 0.8'
    >>> error.filter, error.position, error.example
    ('metrics.auc >', 12, 'metrics.auc > 0.8')
    """

    code = "filter"

    @classmethod
    def at(
        cls, position: int, text: str, problem: str, *, example: str, hint: str = ""
    ) -> FilterError:
        """Build the error of one place in a filter; `hint` says what exists or what to do."""
        way_out = f"Write, for example: {example}"
        return cls(
            f"At position {position}: {problem}.",
            hint=f"{hint} {way_out}" if hint else way_out,
            filter=text,
            position=position,
            example=example,
        )


class QueryError(CatalogError):
    """DuckDB refuses the SQL; the message is its own."""

    code = "query"
