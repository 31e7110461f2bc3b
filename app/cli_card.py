"""`mhras card`: what is to be said of a model, in the forms that others read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from app.cli_options import JsonOption, LakeOption, open_workbench
from app.cli_output import printable, remark, say, say_json, say_table

if TYPE_CHECKING:
    from core import Workbench
    from core.models.card import ModelCard
    from core.models.card_store import StoredCard
    from core.models.difference import CardDifference

    AnyCard = ModelCard | StoredCard

commands = typer.Typer()
_SUFFIXES: Final = {".html": "html", ".md": "markdown", ".json": "json", ".xml": "chai"}
_LONGEST: Final = 60  # letters of a text in a table


ModelArgument = Annotated[
    str, typer.Argument(metavar="MODEL", help="name, name@version, name@stage, or an id.")
]
PeopleOption = Annotated[
    Path | None, typer.Option("--people", metavar="FILE", help="YAML: what only people can say.")
]
OutOption = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Write the card there.")
]
FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="html, markdown, json, chai, mct, onc or tripod; else what FILE's name says.",
    ),
]
NumberOption = Annotated[
    int | None, typer.Option("--number", metavar="N", help="A kept card, not a new one.")
]
SaveOption = Annotated[bool, typer.Option("--save", help="Keep it as a draft.")]
PublishOption = Annotated[bool, typer.Option("--publish", help="Keep and publish it.")]
SignOption = Annotated[
    str | None, typer.Option("--sign", metavar="ROLE", help="Keep it, and stand for it.")
]
StatementOption = Annotated[
    str, typer.Option("--statement", metavar="TEXT", help="What is said with the signature.")
]
WithdrawOption = Annotated[
    str | None,
    typer.Option("--withdraw", metavar="REASON", help="Take back the card --number names."),
]
DiffOption = Annotated[
    str | None,
    typer.Option("--diff", metavar="N|MODEL", help="What changed since another kept card."),
]
TemplateOption = Annotated[
    bool, typer.Option("--template", help="Print the YAML to fill in, and end.")
]
FairnessOption = Annotated[bool, typer.Option("--fairness/--no-fairness", help="Groups of people.")]


@commands.command("card")
def card(
    model: ModelArgument,
    *,
    people: PeopleOption = None,
    out: OutOption = None,
    form: FormatOption = None,
    number: NumberOption = None,
    save: SaveOption = False,
    publish: PublishOption = False,
    sign: SignOption = None,
    statement: StatementOption = "",
    withdraw: WithdrawOption = None,
    diff: DiffOption = None,
    template: TemplateOption = False,
    fairness: FairnessOption = True,
    lake: LakeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make, write, publish, sign, withdraw and compare the card of a version of a model.

    Without an option it says what the card lacks. A card that lacks what it must have is not
    published: exit code 1, with the list.
    """
    from app.output_file import check_place  # not needed for --help

    if number is not None and people is not None:
        raise typer.BadParameter("a kept card does not change: leave out --people or --number")
    if withdraw is not None and (number is None or publish or sign is not None):
        raise typer.BadParameter("--withdraw goes with --number, which says which card, alone")
    if out is not None:
        check_place(out.expanduser())
    form = _format(form, out)
    with open_workbench(lake) as wb:
        if template:
            _say_template(wb, model, people)
            return
        chosen = _chosen(wb, model, people, number, fairness=fairness)
        compared = None if diff is None else _compared(wb, model, diff, chosen)
        chosen = _changed(wb, chosen, save=save, publish=publish)
        if withdraw is not None:
            chosen = wb.cards.withdraw_card(wb.cards.get_card(model, number), reason=withdraw)
            remark(f"withdrawn: {printable(chosen.name)}")
        if sign is not None:
            signed = wb.cards.sign_card(chosen, role=sign, statement=statement)
            remark(f"signed by {printable(signed.actor)} as {printable(signed.role)}")
        if out is not None:
            remark(f"written: {wb.cards.export_card(chosen, form, out)}")
        if compared is not None:
            _say_difference(compared, as_json=as_json)
        else:
            _say_card(wb, chosen, as_json=as_json)


def _format(form: str | None, out: Path | None) -> str:
    if form is not None:
        from core.models.exports.formats import check_format  # with numpy, not needed for --help

        if out is None:
            raise typer.BadParameter("--format says how --out is written: name a file too")
        return check_format(form)
    return _SUFFIXES.get(out.suffix.lower() if out is not None else "", "html")


def _chosen(
    wb: Workbench, model: str, people: Path | None, number: int | None, *, fairness: bool
) -> AnyCard:
    if number is not None:
        return wb.cards.get_card(model, number)
    return wb.cards.generate_model_card(model, None, fairness, people=people)


def _changed(wb: Workbench, chosen: AnyCard, *, save: bool, publish: bool) -> AnyCard:
    from core.models.card import ModelCard  # with numpy, not needed for --help

    if publish:
        chosen = wb.cards.publish_card(chosen)
        remark(f"published: {printable(chosen.name)}")
    elif save and isinstance(chosen, ModelCard):
        chosen = wb.cards.save_card(chosen)
        remark(f"kept: {printable(chosen.name)}")
    return chosen


def _compared(wb: Workbench, model: str, other: str, chosen: AnyCard) -> CardDifference:
    if other.isascii() and other.isdigit():
        return wb.cards.compare_cards(wb.cards.get_card(model, int(other)), chosen)
    return wb.cards.compare_cards(wb.cards.get_card(other), chosen)


def _say_template(wb: Workbench, model: str, people: Path | None) -> None:
    from core.models.people import statements_template  # not needed for --help

    say(statements_template(wb.cards.statements(model, people)).rstrip("\n"))


def _say_card(wb: Workbench, chosen: AnyCard, *, as_json: bool) -> None:
    from core.models.card import ModelCard  # with numpy, not needed for --help
    from core.models.completeness import completeness
    from core.models.exports.notices import texts
    from core.models.findings import findings

    loaded = chosen if isinstance(chosen, ModelCard) else wb.cards.load_card(chosen)
    if as_json:
        say_json(loaded.to_dict())
        return
    found, stands = completeness(loaded), wb.cards.standing(chosen)
    number = f"card {stands.number}" if stands.number else "not kept"
    say(f"{printable(loaded.name)}: {number}, {stands.state}, {found.score:.0%} complete")
    say(f"stage {printable(stands.stage)}, drift {stands.drift_badge[0]}")
    for text in texts(stands):
        say(printable(text))
    for one in findings(loaded):
        say(printable(f"{one.title}: {one.text}"))
    if found.missing:
        say()
        rows = [
            (item.title, item.section, "required" if item.required else "", item.source, item.hint)
            for item in found.missing
        ]
        say_table(("missing", "part", "need", "who knows", "how"), rows)
    elif not stands.sign_offs:
        say("Nothing is missing but a signature.")


def _say_difference(difference: CardDifference, *, as_json: bool) -> None:
    if as_json:
        say_json(
            [
                {"part": one.part, "name": one.name, "before": one.before, "after": one.after}
                for one in difference.changes
            ]
        )
        return
    if not difference.changes:
        say("Nothing is different.")
        return
    rows = [
        (one.part, one.name, one.kind, _short(one.before), _short(one.after))
        for one in difference.changes
    ]
    say_table(("part", "what", "change", "before", "now"), rows)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
