"""Which contract a dataset has, and what becomes of a version that breaks it.

refuse    nothing is registered: ContractError says what is wrong, with examples
warn      it is registered; its metadata have, under "contract", the digest of the contract and
          what is wrong with how many rows, without any of their values
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from core.datasets.expectations import ON_VIOLATION, Contract, as_contract, refusal
from core.errors import DataVersionError
from lake.clock import now_us

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from catalog.dataset_search import VersionRows
    from core.datasets.expectations import OnViolation, Violation
    from core.datasets.layout import Layout
    from core.datasets.places import VersionPlaces
    from core.datasets.version import DatasetVersion
    from core.datasets.versions import Versions
    from lake.lake import Durability, Lake

    Terms = tuple[Contract, OnViolation]
    AnyContract = Contract | Mapping[str, Any] | str | Path


class Contracts:
    """Keeps the contracts of datasets, and checks versions against them."""

    def __init__(
        self,
        lake: Lake,
        rows: VersionRows,
        versions: Versions,
        places: VersionPlaces,
        *,
        actor: str | None,
        durability: Durability,
    ) -> None:
        self._lake = lake
        self._rows = rows
        self._versions = versions
        self._places = places
        self._actor = actor
        self._durability: Durability = durability

    def declare(
        self, dataset_name: str, contract: AnyContract | None, on_violation: OnViolation
    ) -> None:
        """Let a dataset have a contract, or none. Raises DataVersionError."""
        check_way(on_violation)
        said = None if contract is None else as_contract(contract)
        row = {
            "dataset_name": dataset_name,
            "digest": "" if said is None else said.digest,
            "contract": "" if said is None else said.to_json(),
            "on_violation": on_violation,
            "actor": self._actor,
            "event_at": now_us(),
            "writer": self._lake.writer,
        }
        self._lake.append("dataset_contracts", [row], durability=self._durability)

    def terms(
        self, dataset_name: str, contract: AnyContract | None, on_violation: OnViolation | None
    ) -> Terms | None:
        """Return what a new version is held to, and how: what is given comes first."""
        if on_violation is not None:
            check_way(on_violation)
        if contract is not None:
            return as_contract(contract), on_violation or "refuse"
        row = self._rows.contract(dataset_name)
        if row is None:
            return None
        return Contract.from_dict(json.loads(row["contract"])), on_violation or row["on_violation"]

    def judge(self, dataset_name: str, layout: Layout, terms: Terms | None) -> dict[str, Any]:
        """Return what the metadata say of a stored table. Raises ContractError to refuse it."""
        if terms is None:
            return {}
        from core.datasets.contract_check import check  # with Arrow, which logging does not need

        contract, on_violation = terms
        violations = check(self._places.objects, layout, contract, key=layout.key)
        if violations and on_violation == "refuse":
            raise refusal(dataset_name, violations)
        said = [violation.to_dict() for violation in violations]
        return {"contract": {"digest": contract.digest, "violations": said}}

    def check(
        self, version: DatasetVersion, contract: AnyContract | None, *, examples: int
    ) -> tuple[Violation, ...]:
        """Return how a version breaks a contract. Raises DataVersionError where there is none."""
        from core.datasets.contract_check import check  # as above

        terms = self.terms(version.dataset_name, contract, None)
        if terms is None:
            message = f"{version.dataset_name} has no contract."
            raise DataVersionError(message, hint="Give one, or declare it with `expect`.")
        objects, layout = self._versions.stored(version)
        return check(objects, layout, terms[0], key=version.key, examples=max(0, examples))


def check_way(on_violation: str) -> None:
    """Refuse what is no way to treat a violation. Raises DataVersionError."""
    if on_violation not in ON_VIOLATION:
        message = f"{on_violation!r} is not what to do about a violation."
        raise DataVersionError(message, hint=f"Use one of {', '.join(ON_VIOLATION)}.")
