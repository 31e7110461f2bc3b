"""A card as a document: one screen for a reader in a hurry, then every part of it.

summary     safety, what it is for, what the figures say, how the card stands
tiles       the first figures with their intervals, stage, drift of today, completeness
sections    use, performance, calibration, worth, thresholds, groups, inputs, risks, ...,
            data, model, drift, changes, signatures, completeness
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from core.models.completeness import completeness
from core.models.exports.groups import estimate_cell
from core.models.exports.measured import measured_sections
from core.models.exports.notices import notices
from core.models.exports.recorded import recorded_sections
from core.models.exports.stated import completeness_section, stated_sections, use_section
from core.models.findings import comparisons, findings
from core.models.sentences import as_text, title_of
from core.models.standing import DRAFT, Standing
from core.render.blocks import Badge, Callout, Document, Number, Points, Section, Share, Table, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.models.card import ModelCard
    from core.models.difference import CardDifference
    from core.models.findings import Comparison
    from core.render.blocks import Block, Fact, Level

_TILES: Final = ("auroc", "calibration_slope", "observed_expected", "accuracy", "rmse", "r2")
_STAGES: Final[dict[str, Level]] = {"production": "good", "staging": "info", "archived": "warning"}
_LONGEST: Final = 160  # characters of a text in the list of changes


def card_document(card: ModelCard, standing: Standing | None = None) -> Document:
    """Describe a card for readers; without a standing, as a draft that nobody has stored."""
    stands = standing or Standing()
    return Document(
        f"Model card: {card.model_name}",
        subtitle=_subtitle(card, stands),
        facts=list(_facts(card, stands)),
        summary=list(_summary(card, stands)),
        sections=[
            *use_section(card),
            *measured_sections(card),
            *_change(card),
            *stated_sections(card),
            *recorded_sections(card),
            *_changes(stands.changes),
            *_sign_offs(card, stands),
            completeness_section(card),
        ],
    )


def _subtitle(card: ModelCard, stands: Standing) -> str:
    parts = [f"{card.name} · {card.model_type}"]
    if card.owner:
        parts.append(card.owner)
    number = f"card {stands.number}" if stands.number else "card not stored"
    parts.append(f"{number}, {stands.state} · knowledge of {card.date:%Y-%m-%d}")
    return " · ".join(parts)


def _summary(card: ModelCard, stands: Standing) -> Iterator[Block]:
    blocking = completeness(card).blocking
    yield from notices(stands)
    if stands.state == DRAFT:
        lacks = ", ".join(item.title for item in blocking)
        text = f"Before it can be published: {lacks}." if blocking else "It may be published."
        yield Callout("This is a draft.", text=text, level="warning" if blocking else "info")
    safety = as_text(card.said("safety_statement"))
    if safety:
        yield Callout("Safety", text=safety, level="bad")
    said = as_text(card.said("summary")) or card.description
    if said:
        yield Text(said, style="lead")
    told = [f"{one.title}: {one.text}" for one in findings(card)]
    if told:
        yield Points(told)


def _facts(card: ModelCard, stands: Standing) -> Iterator[Fact]:
    if card.evaluations:
        each = card.evaluations[-1]
        for name in _TILES:
            if name in each.evaluation.metrics:
                found = each.evaluation.metrics[name]
                ends = f" ({found.low:.3f} to {found.high:.3f})" if found.known else ""
                cell = Number(found.value, f"{found.value:.3f}") if found.known else found.text()
                yield f"{title_of(name)}{ends}", cell
    if card.training_data_size:
        yield "Rows trained on", card.training_data_size
    yield "Stage", Badge(stands.stage, level=_STAGES.get(stands.stage, "neutral"))
    word, level = stands.drift_badge
    day = f", {stands.as_of:%Y-%m-%d}" if stands.as_of is not None else ""
    yield f"Drift of the data{day}", Badge(word, level=level)
    yield "Signed by", ", ".join(dict.fromkeys(one.actor for one in stands.sign_offs)) or "nobody"
    yield "Completeness", Share(completeness(card).score)


def _change(card: ModelCard) -> Iterator[Section]:
    compared = comparisons(card)
    if not compared:
        return
    note = (
        "Each difference is of two evaluations on other people, with the variances of both added"
        " up. It counts as changed when 0 is outside of its 95 % interval."
    )
    if compared[0].chosen_on:
        note += (
            f" On {compared[0].first.name} the model was made or chosen, so a part of what is worse"
            " since then may be that it looked better there than it was."
        )
    tables = [_compared(each) for each in compared]
    yield Section("Change over time", blocks=[*tables, Text(note, style="note")])


def _compared(compared: Comparison) -> Table:
    first, last = compared.first.name, compared.last.name
    return Table(
        ("Figure", first, last, "Difference", "Verdict"),
        rows=[
            (
                title_of(one.metric),
                estimate_cell(one.first),
                estimate_cell(one.last),
                estimate_cell(one.difference),
                Badge("changed", level="warning") if one.is_certain else Badge("may be chance"),
            )
            for one in compared.changes
        ],
        caption=f"From {first} to {last}",
    )


def _changes(difference: CardDifference | None) -> Iterator[Section]:
    if difference is None:
        return
    if not difference.changes:
        yield Section("Changes since the card before", blocks=[Text("Nothing is different.")])
        return
    rows = [
        (one.part, one.name, one.kind, _short(one.before) or None, _short(one.after) or None)
        for one in difference.changes
    ]
    columns = ("Part", "What", "Change", "Before", "Now")
    yield Section("Changes since the card before", blocks=[Table(columns, rows=rows)])


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _sign_offs(card: ModelCard, stands: Standing) -> Iterator[Section]:
    content = Text(f"Content of this card, SHA-256: {card.digest}", style="note")
    if not stands.sign_offs:
        yield Section("Signatures", blocks=[Text("Nobody has signed this card."), content])
        return
    rows = [
        (one.actor, one.role, one.statement or None, f"{one.signed_at:%Y-%m-%d %H:%M} UTC")
        for one in stands.sign_offs
    ]
    columns = ("Who", "As", "Statement", "When")
    yield Section("Signatures", blocks=[Table(columns, rows=rows), content])
