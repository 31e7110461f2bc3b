"""A model card: what a model is, what it is for, how good it is, and what is not known of it.

    what people say    intended use, limitations, ... (core/models/statements.py)
    what is recorded   run, data, lineage, drift, the file of the model
    what was measured  evaluations, each number with its interval (core/models/evaluation.py)

A card says the same for ever: its content has a digest. What changes while it is looked at (the
stage of the model, drift of today, signatures) is its standing (core/models/standing.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping  # noqa: TC003 - from_dict reads the fields
from dataclasses import dataclass, field, fields
from datetime import datetime  # noqa: TC003 - as above
from typing import TYPE_CHECKING, Any, Final, Self

from core.drift.plain import from_plain, to_plain
from core.errors import ModelCardError
from core.models.origins import (  # noqa: TC001 - as above
    ArtifactFacts,
    CardEvaluation,
    DatasetFacts,
    DriftFacts,
    LineageStep,
    RunFacts,
)
from core.models.statements import BY_KEY, STATEMENTS
from lake.digest import digest_bytes

if TYPE_CHECKING:
    from core.models.people import Said

FORMAT: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """Everything a card says. Times are aware UTC datetimes; numbers are exact.

    `date` is when the newest of what it tells came to be, so that the same knowledge makes the same
    card. `metrics`, `baseline_comparison` and `performance_by_group` are the plain numbers of the
    last of the `evaluations`, which have their intervals. `performance_by_group` maps
    ``"sex: female"`` to numbers, and leaves out groups that are too small. `fairness_metrics` maps
    ``"sex: female less male, sensitivity"`` to differences. `statements` are what people say beside
    the fields of their own; those in `derived` were made of what is known, as nobody said them.
    """

    model_id: str
    model_name: str
    model_type: str
    version: str
    date: datetime
    owner: str = ""
    intended_use: str = ""
    intended_users: tuple[str, ...] = ()
    out_of_scope_uses: tuple[str, ...] = ()
    training_data_description: str = ""
    training_data_size: int = 0
    data_preprocessing: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    performance_by_group: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    baseline_comparison: Mapping[str, float] = field(default_factory=dict)
    fairness_metrics: Mapping[str, float] = field(default_factory=dict)
    bias_analysis: str = ""
    feature_importance: Mapping[str, float] = field(default_factory=dict)
    shap_summary: Mapping[str, float] | None = None
    known_limitations: tuple[str, ...] = ()
    failure_modes: tuple[str, ...] = ()
    ethical_considerations: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    recommendations: tuple[str, ...] = ()
    # beyond the contract
    description: str = ""
    task: str = ""
    statements: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    derived: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    signature: Mapping[str, Any] = field(default_factory=dict)
    artifact: ArtifactFacts | None = None
    run: RunFacts | None = None
    datasets: tuple[DatasetFacts, ...] = ()
    lineage: tuple[LineageStep, ...] = ()
    evaluations: tuple[CardEvaluation, ...] = ()
    importance_intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    importance_method: str = ""
    drift: tuple[DriftFacts, ...] = ()

    @property
    def name(self) -> str:
        """Model and version, as commands take them: ``risk@v3``."""
        return f"{self.model_name}@{self.version}"

    def said(self, key: str) -> Said:
        """Return a statement, wherever it stands; empty when nobody made it.

        >>> from datetime import UTC, datetime
        >>> card = ModelCard(model_id="m", model_name="risk", model_type="skops", version="v1",
        ...     date=datetime(2026, 1, 1, tzinfo=UTC), intended_use="Triage")
        >>> card.said("intended_use"), card.said("funding")
        ('Triage', '')
        """
        if key in OWN_FIELDS:
            own: Said = getattr(self, key)
            return own
        texts = tuple(self.statements.get(key, ()))
        return texts if BY_KEY[key].many else "".join(texts)

    def all_said(self) -> dict[str, Said]:
        """Return every statement that is there, in the order of a card."""
        found = {statement.key: self.said(statement.key) for statement in STATEMENTS}
        return {key: said for key, said in found.items() if said}

    @property
    def digest(self) -> str:
        """SHA-256 of the content: cards with the same one say the same."""
        return digest_bytes(self.to_json())

    def to_json(self) -> bytes:
        """Write the content as JSON in UTF-8; the same card has the same bytes."""
        plain = self.to_dict()
        text = json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return text.encode()

    def to_dict(self) -> dict[str, Any]:
        """Return the card as JSON has it; `from_dict` makes the same card of it."""
        found: dict[str, Any] = to_plain(self)
        return {"card": FORMAT, **found}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """Make a card of what `to_dict` returned. Raises ModelCardError for what is none."""
        if plain.get("card") != FORMAT:
            message = f"This is no model card of format {FORMAT}."
            raise ModelCardError(message, hint="Export one with format='json'.")
        try:
            return from_plain(cls, plain)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ModelCardError(f"This model card cannot be read: {error!r}.") from error


OWN_FIELDS: Final = frozenset(BY_KEY) & {part.name for part in fields(ModelCard)}
