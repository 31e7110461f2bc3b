"""The metadata that Hugging Face reads at the beginning of a README.md.

    ---
    model_name: risk
    tags: [...]
    model-index:
    - name: risk
      results: [{task, dataset, metrics: [{type, value, name}]}]
    ---

Values are texts on one line: nothing in them ends the metadata.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from core.models.sentences import as_text, title_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.models.card import ModelCard
    from core.models.origins import CardEvaluation
    from core.models.standing import Standing

_TASKS: Final = {
    "binary": "tabular-classification",
    "multiclass": "tabular-classification",
    "regression": "tabular-regression",
}
_LIBRARIES: Final = {"skops": "sklearn", "safetensors": "safetensors", "onnx": "onnx"}
# of the identifiers the Hub knows, those that models of tables have
_LICENCES: Final = frozenset(
    {
        *("apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "gpl-3.0", "lgpl-3.0", "mpl-2.0"),
        *("agpl-3.0", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "unlicense", "isc"),
    }
)


def metadata(card: ModelCard, standing: Standing | None = None) -> dict[str, Any]:
    """Return the metadata of a card, in the Hub's words.

    A card that was withdrawn, and one of an archived model, have that as a tag.
    """
    found: dict[str, Any] = {"model_name": _line(card.model_name)}
    found |= _licence(_line(as_text(card.said("licence"))))
    found["tags"] = [_line(word) for word in card.said("keywords")] + ["mhras-workbench"]
    stands = () if standing is None else (standing.state, standing.stage)
    found["tags"] += [word for word in ("withdrawn", "archived") if word in stands]
    if card.task in _TASKS:
        found["pipeline_tag"] = _TASKS[card.task]
    library = _LIBRARIES.get(card.artifact.format if card.artifact is not None else "")
    if library is not None:
        found["library_name"] = library
    names = dict.fromkeys(name for each in card.evaluations for name in _known(each))
    if names:
        found["metrics"] = list(names)
        results = [_result(card, each) for each in card.evaluations if _known(each)]
        found["model-index"] = [{"name": _line(card.model_name), "results": results}]
    return found


def front_matter(card: ModelCard, standing: Standing | None = None) -> str:
    """Write the metadata as YAML between two lines of dashes."""
    import yaml  # 20 ms that only cards need

    written = yaml.safe_dump(
        metadata(card, standing), allow_unicode=True, sort_keys=False, width=2**20
    )
    return f"---\n{written}---\n"


def _licence(licence: str) -> dict[str, str]:
    if not licence:
        return {}
    if licence.lower() in _LICENCES:
        return {"license": licence.lower()}
    return {"license": "other", "license_name": licence}


def _result(card: ModelCard, each: CardEvaluation) -> dict[str, Any]:
    task = _TASKS.get(card.task, "tabular-classification")
    dataset = _line(each.dataset or each.name)
    return {
        "task": {"type": task},
        "dataset": {"type": dataset, "name": f"{dataset} ({_line(each.name)})"},
        "metrics": list(_metrics(each)),
    }


def _metrics(each: CardEvaluation) -> Iterator[dict[str, Any]]:
    for name in _known(each):
        estimate = each.evaluation.metrics[name]
        interval = f"{estimate.low:.4g} to {estimate.high:.4g}, {estimate.method}"
        yield {
            "type": name,
            "value": estimate.value,
            "name": f"{title_of(name)} (95 % interval {interval})",
        }


def _known(each: CardEvaluation) -> list[str]:
    return [name for name, estimate in each.evaluation.metrics.items() if estimate.known]


def _line(text: str) -> str:
    return " ".join(text.split())
