"""Views of dataset versions: which of them a query names, and how they are made.

    select * from datasets."phq9@v3" where score > 10

Nothing is made before a query names it, so that no other query pays for versions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

DATASETS: Final = "datasets"
_NAMED: Final = re.compile(rf'\b{DATASETS}"?\s*\.\s*"([^"@]+@[^"]+)"', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ExportedVersions:
    """The versions of an exported catalog.

    `queries` has what each of them is, by name. `empty_files` has the files these read, by key:
    with their columns, and without their rows, which nobody needs to make a view.
    """

    queries: Mapping[str, str] = field(default_factory=dict)
    empty_files: Mapping[str, bytes] = field(default_factory=dict)


def versions_in(query: str) -> tuple[str, ...]:
    """Return the versions that a query names, each once.

    >>> versions_in('from datasets."phq9@v3" join Datasets . "phq9@v3" using (id)')
    ('phq9@v3',)
    """
    return tuple(dict.fromkeys(_NAMED.findall(query)))


def view_of_version(name: str, query: str) -> str:
    """Return the statement that makes a view.

    >>> view_of_version("phq9@v3", "select 1 as id")
    'create or replace view datasets."phq9@v3" as select 1 as id'
    """
    escaped = name.replace('"', '""')
    return f'create or replace view {DATASETS}."{escaped}" as {query}'
