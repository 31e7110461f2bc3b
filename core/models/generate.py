"""Model cards: made of what the lake knows and what people say, kept, published, signed, written.

people        reads what people say            known        what the lake knows without being told
measure       evaluates data handed in         card         what a card says
completeness  what it lacks                    card_store   kept cards, numbered and signed
standing      stage, drift, signatures now     difference   what changed since another card
exports       HTML and the forms of others
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from core.models.card import ModelCard
    from core.models.card_store import CardStore, StoredCard
    from core.models.difference import CardDifference
    from core.models.evaluation import Evaluation
    from core.models.explain import Importance
    from core.models.known import KnownFacts
    from core.models.origins import CardEvaluation, DriftFacts
    from core.models.people import Said
    from core.models.registry import ModelRegistry
    from core.models.standing import SignOff, Standing
    from core.models.version import ModelVersion
    from core.tracking.tracker import ExperimentTracker
    from lake.lake import Durability

    People = str | Path | Mapping[str, Any]
    AnyCard = ModelCard | StoredCard


class ModelCardGenerator:
    """Makes the cards of models, and keeps them.

    `template` is a file of statements that hold for all models here; those of a model come over
    them. Without `include_fairness` no card has groups of people; with `include_shap` cards made
    of data handed in have SHAP values.

    >>> import tempfile
    >>> from core import Workbench
    >>> with tempfile.TemporaryDirectory() as folder, Workbench(folder + "/lake") as wb:
    ...     with wb.tracker.start_run("risk") as run:
    ...         _ = run.log_bytes('{"intercept": -2.1}', "model.json", "model")
    ...     _ = wb.models.register_model("risk", run_id=run.run_id, artifact="model.json")
    ...     card = wb.cards.generate_model_card("risk", people={"intended_use": "Triage"})
    ...     card.name, card.intended_use, wb.cards.save_card(card).card_number
    ('risk@v1', 'Triage', 1)
    """

    def __init__(
        self,
        model_registry: ModelRegistry,
        experiment_tracker: ExperimentTracker,
        *,
        actor: str | None = None,
        durability: Durability = "commit",
        template: Path | None = None,
        include_fairness: bool = True,
        include_shap: bool = False,
    ) -> None:
        self._models = model_registry
        self._tracker = experiment_tracker
        self._actor = actor
        self._durability: Durability = durability
        self._template = template
        self._include_fairness = include_fairness
        self._include_shap = include_shap

    @cached_property
    def _store(self) -> CardStore:
        from catalog.cards import CardRows
        from core.models.card_store import CardStore  # with numpy, which logging does not need

        catalog = self._tracker.catalog
        rows = CardRows(catalog)
        return CardStore(catalog.lake, rows, actor=self._actor, durability=self._durability)

    @cached_property
    def _known(self) -> KnownFacts:
        from core.models.known import KnownFacts  # as above

        return KnownFacts(self._tracker.catalog)

    def generate_model_card(
        self,
        model_id: str | ModelVersion,
        run_id: str | None = None,
        include_fairness: bool = True,
        *,
        people: People | None = None,
        evaluations: Mapping[str, Evaluation] | None = None,
        data: Any = None,
        outcome: str | None = None,
        prediction: str | None = None,
        groups: Sequence[str] = (),
        name: str = "evaluation",
        importance: Sequence[Importance] = (),
    ) -> ModelCard:
        """Make a card of everything that is known of a version of a model; nothing is stored.

        `model_id` is also ``risk@v3``, ``risk@production``, ... . `run_id` is the run that made it
        when that is another one than was registered. `people` is a YAML file, or a mapping, of
        statements (core/models/statements.py); without it the newest card's still stand.

        `evaluations` by name come beside the stored ones, and take the place of those of their
        name. `data` is a table with the columns `outcome` and, unless the model is to be asked,
        `prediction`; `groups` are columns of it. It is evaluated as `name`. When there is neither,
        logged predictions whose outcomes are known are. `importance` is that of the inputs
        (core/models/explain.py); it is measured when the model is asked about data.

        Raises ModelNotFoundError, RunNotFoundError, StatementsError, EvaluationError, FrameError.
        """
        from core.models.card import ModelCard  # with numpy, which logging does not need
        from core.models.known import artifact_facts, with_numbers
        from core.models.measure import Measured, card_evaluations, importance_fields, measure

        version = self._models.get_model(model_id)
        said = self.statements(version, people)
        measured = Measured()
        if data is not None:
            measured = measure(
                self._models,
                version,
                data,
                outcome=outcome,
                prediction=prediction,
                groups=groups,
                include_shap=self._include_shap,
            )
        given = {**(evaluations or {}), **measured.named(name)}
        found = card_evaluations(self._models, self._known, version, given, said)
        if not (include_fairness and self._include_fairness):
            found = tuple(_without_groups(each) for each in found)
        importances = importance_fields(importance) or measured.fields
        run = self._known.run(self._tracker.get_run(run_id or version.run_id))
        datasets = self._known.datasets(version, found)
        drift = self._known.drift(datasets)
        card = ModelCard(
            model_id=version.model_id,
            model_name=version.model_name,
            model_type=version.model_type or version.format,
            version=version.version,
            date=max([version.created_at, *_times(found), *_times(drift)]),
            description=version.description,
            task=version.task or (found[-1].evaluation.task if found else ""),
            features=version.feature_names,
            signature=version.signature.to_dict() if version.signature is not None else {},
            artifact=artifact_facts(version),
            run=run,
            datasets=datasets,
            lineage=self._known.lineage(version),
            evaluations=found,
            drift=drift,
            **(importances or self._kept_importance(version)),
            **_stated(said, owner=version.owner),
        )
        return with_numbers(card)

    def _kept_importance(self, version: ModelVersion) -> dict[str, Any]:
        """Return what the newest card says of inputs: it holds, as a version never changes."""
        kept = self._store.of_model(version.model_id)
        if not kept:
            return {}
        card = self._store.load(kept[0])
        names = ("feature_importance", "importance_intervals", "importance_method", "shap_summary")
        return {name: getattr(card, name) for name in names}

    def statements(
        self, model: str | ModelVersion, people: People | None = None
    ) -> dict[str, Said]:
        """Return what people say of a model: the template, then the file, or the newest card.

        Raises StatementsError with everything that is wrong with a file.
        """
        from core.models.people import combined, read_statements  # as above

        version = self._models.get_model(model)
        layers = [] if self._template is None else [read_statements(self._template)]
        if people is not None:
            layers.append(read_statements(people))
        elif kept := self._store.of_model(version.model_id):
            layers.append(_of_people(self._store.load(kept[0])))
        return combined(*layers)

    def export_card(
        self,
        model_card: AnyCard,
        format: str = "html",  # noqa: A002 - the name in the contract
        output_path: str | Path = "model_card.html",
        *,
        standing: Standing | None = None,
    ) -> str:
        """Write a card to a file and return its path; an older one is replaced.

        Formats: html, markdown, json, chai, mct, onc, tripod (core/models/exports/formats.py).
        `standing` is that of now unless given. Raises ModelCardError for another format, and
        StoreError.
        """
        from lake.exported_file import write_file  # as above

        path = Path(output_path)
        return write_file(
            path, self.write_card(model_card, format, standing=standing, file_name=path.name)
        )

    def write_card(
        self,
        model_card: AnyCard,
        format: str = "html",  # noqa: A002 - the name in the contract
        *,
        standing: Standing | None = None,
        file_name: str = "",
    ) -> bytes:
        """Return a card as it is written in a format. Raises ModelCardError for another one."""
        from core.models.exports.formats import check_format, write_card  # as above

        check_format(format)
        card, stands = self._loaded(model_card), standing or self.standing(model_card)
        return write_card(card, format, standing=stands, file_name=file_name)

    def save_card(self, model_card: ModelCard) -> StoredCard:
        """Keep a card as a draft, as the next of its version of the model.

        The newest one is returned when it says the same.
        """
        return self._store.save(model_card)

    def publish_card(self, model_card: AnyCard) -> StoredCard:
        """Publish a card, which is kept first when it is not.

        Raises CardIncompleteError that lists what it lacks; then it is a draft. Raises
        ModelCardError for one that was withdrawn.
        """
        return self._store.publish(self._kept(model_card))

    def withdraw_card(self, stored: StoredCard, *, reason: str) -> StoredCard:
        """Take a published card back, for good; it stays where it is, marked on every export.

        Raises ModelCardError for a draft, no reason, or no actor.
        """
        return self._store.withdraw(stored, reason=reason)

    def sign_card(self, model_card: AnyCard, *, role: str, statement: str = "") -> SignOff:
        """Stand for what a card says, as the actor of this workbench. Raises ModelCardError."""
        return self._store.sign(self._kept(model_card), role=role, statement=statement)

    def list_cards(self, model_name: str | None = None) -> list[StoredCard]:
        """Return the kept cards of all versions of a model, or of all models, newest first."""
        return self._store.all(model_name)

    def get_card(self, model: str, number: int | None = None) -> StoredCard:
        """Find a card by its id, or the newest (or that number) of a version of a model.

        Raises CardNotFoundError, ModelNotFoundError.
        """
        from core.errors import CardNotFoundError, ModelNotFoundError  # as above

        try:
            version = self._models.get_model(model)
        except ModelNotFoundError:
            card = self._store.find(model) if number is None else None
            if card is None:
                raise
            return card
        cards = self._store.of_model(version.model_id)
        chosen = [one for one in cards if number in {None, one.card_number}]
        if not chosen:
            there = ", ".join(str(one.card_number) for one in reversed(cards)) or "none"
            wanted = "no card" if number is None else f"no card {number}"
            message = f"{version.name} has {wanted}."
            raise CardNotFoundError(message, hint=f"Its cards: {there}.", model=version.name)
        return chosen[0]

    def load_card(self, stored: StoredCard) -> ModelCard:
        """Read what a kept card says. Raises ModelCardError, DamagedError."""
        return self._store.load(stored)

    def sign_offs(self, stored: StoredCard) -> tuple[SignOff, ...]:
        """Return the signatures under a kept card, the first one first."""
        return self._store.sign_offs(stored)

    def compare_cards(self, before: AnyCard, after: AnyCard) -> CardDifference:
        """Return what is different in the second card."""
        from core.models.difference import compare_cards  # as above

        return compare_cards(self._loaded(before), self._loaded(after))

    def standing(self, model_card: AnyCard, *, as_of: datetime | None = None) -> Standing:
        """Look up how a card stands now: stage, drift, signatures, changes since the one before."""
        from core.models.difference import compare_cards  # as above
        from core.models.standing import Standing

        card = self._loaded(model_card)
        stored = self._find(model_card)
        compared = self._known.comparisons(card.datasets)
        found = Standing(
            stage=self._models.get_model(card.model_id).stage,
            newest_drift=compared[0] if compared else None,
            as_of=as_of or datetime.now(UTC),
        )
        if stored is None:
            kept = self._store.of_model(card.model_id)
            before = kept[0] if kept else None
        else:
            before = self._store.before(stored)
            found = replace(
                found,
                state=stored.state,
                number=stored.card_number,
                published_at=stored.published_at,
                withdrawal=stored.withdrawal,
                sign_offs=self._store.sign_offs(stored),
            )
        if before is None:
            return found
        return replace(found, changes=compare_cards(self._store.load(before), card))

    def _loaded(self, model_card: AnyCard) -> ModelCard:
        from core.models.card import ModelCard  # as above

        if isinstance(model_card, ModelCard):
            return model_card
        return self._store.load(model_card)

    def _find(self, model_card: AnyCard) -> StoredCard | None:
        from core.models.card import ModelCard  # as above

        if not isinstance(model_card, ModelCard):
            return self._store.get(model_card.card_id)
        digest = model_card.digest
        kept = self._store.of_model(model_card.model_id)
        return next((one for one in kept if one.digest == digest), None)

    def _kept(self, model_card: AnyCard) -> StoredCard:
        from core.models.card import ModelCard  # as above

        return self.save_card(model_card) if isinstance(model_card, ModelCard) else model_card


def _times(facts: Sequence[CardEvaluation | DriftFacts]) -> Iterator[datetime]:
    return (one.created_at for one in facts)


def _without_groups(each: CardEvaluation) -> CardEvaluation:
    return replace(each, evaluation=replace(each.evaluation, fairness=None))


def _of_people(card: ModelCard) -> dict[str, Said]:
    """Return what people said in a card, without what was derived."""
    return {key: said for key, said in card.all_said().items() if key not in card.derived}


def _stated(said: Mapping[str, Said], *, owner: str) -> dict[str, Any]:
    """Return what people say as fields of a card."""
    from core.models.card import OWN_FIELDS  # as above

    fields: dict[str, Any] = {key: said[key] for key in said if key in OWN_FIELDS}
    others = {
        key: (text,) if isinstance(text, str) else text
        for key, text in said.items()
        if key not in OWN_FIELDS
    }
    derived: tuple[str, ...] = ()
    if owner and not fields.get("owner"):
        fields["owner"] = owner
        derived = ("owner",)
    return {**fields, "statements": others, "derived": derived}
