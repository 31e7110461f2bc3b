"""The parts of a model's page: what it is, how good it is, where it has been."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from app.document_view import show_section
from app.errors import show_fault
from app.layout import Kpi, card, empty, facts, kpis, plain, table
from app.model_catalogue import STAGE_COLOURS
from app.nav import open_page
from app.wording import counted, size, when
from core.models.exports.measured import measured_sections
from core.models.names import STAGES
from core.models.sentences import title_of
from lake.errors import MhrasError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.session import View
    from core.models.card import ModelCard
    from core.models.version import ModelVersion, StageMove

_TILES: Final = (
    "auroc",
    "calibration_slope",
    "observed_expected",
    "scaled_brier",
    "accuracy",
    "log_loss",
    "rmse",
    "r2",
)
_FOUR: Final = 4
_PYTHON: Final = """\
from core import Workbench

with Workbench({lake!r}) as wb:
    model = wb.models.load_model({name!r})"""
_SQL: Final = """\
select name, num_rows, events, metrics['auroc'] as auroc, created_at
from model_evaluations
where model_id = '{model_id}'
order by created_at desc"""
PICKLE: Final = (
    "This file is a pickle: whoever loads one runs whatever is in it. It is kept and described, "
    "and never loaded here. Save the model as skops or ONNX and register that."
)


def about_part(version: ModelVersion, made_card: ModelCard) -> None:
    """Draw what the version is, what goes in and out, and what it was made of."""
    if not version.is_loadable:
        st.warning(PICKLE, icon=":material/warning:")
    left, right = st.columns(2)
    with left, card("Made of"):
        _origins(version, made_card)
    with right, card("File and owner"):
        facts(
            {
                "Type": version.model_type,
                "Format": version.format,
                "Size": size(version.size_bytes),
                "Digest": version.digest[:16],
                "Owner": version.owner,
                "Registered": f"{when(version.created_at)} by {version.actor or 'nobody known'}",
                "Code": version.code_version or "not in Git",
                "Aliases": ", ".join(version.aliases) or "none",
            },
            alt="File and owner",
        )
    if version.description:
        st.markdown(plain(version.description))
    signature = version.signature
    if signature is None:
        st.caption("It has no signature: what it takes and gives is not declared.")
        return
    with card("Signature", caption="What goes in and what comes out, checked with every batch."):
        columns = [("in", *column) for column in signature.inputs.items()]
        columns += [("out", *column) for column in signature.output.items()]
        ways, names, types = zip(*columns, strict=True)
        table(
            {"direction": ways, "name": names, "type": types},
            key="signature",
            alt=counted(len(columns), "column"),
            height="content",
        )
        if signature.classes:
            st.caption(f"Classes: {plain(', '.join(signature.classes))}")


def _origins(version: ModelVersion, made_card: ModelCard) -> None:
    if st.button(f"Run {version.run_id[:13]}", icon=":material/science:"):
        open_page("run", id=version.run_id)
    for data in made_card.datasets:
        if st.button(
            f"{plain(data.name)} ({plain(data.role)})",
            icon=":material/database:",
            key=f"made-of-{data.name}-{data.role}",
        ):
            dataset, _, label = data.name.rpartition("@")
            open_page("dataset", name=dataset, version=label)
    if not made_card.datasets:
        st.caption("No dataset version is named as what it learned from.")
    if version.feature_names:
        st.caption(f"Features: {plain(', '.join(version.feature_names))}")


def evaluation_part(made_card: ModelCard) -> None:
    """Draw what was measured: the first figures, then everything with its interval."""
    if not made_card.evaluations:
        empty(
            "Not evaluated yet",
            "Store an evaluation with wb.models.save_evaluation, or log predictions and outcomes.",
            icon="monitoring",
        )
        return
    newest = made_card.evaluations[-1]
    shown = [
        (name, newest.evaluation.metrics[name])
        for name in _TILES
        if name in newest.evaluation.metrics and newest.evaluation.metrics[name].known
    ]
    kpis(
        [
            Kpi(
                label=title_of(name),
                value=f"{found.value:.3f}",
                note=f"{found.low:.3f} to {found.high:.3f}, {newest.name}",
                help=f"{newest.evaluation.definitions.get(name, '')} "
                f"95 % interval by {found.method}.",
            )
            for name, found in shown[:_FOUR]
        ]
    )
    sections = [*measured_sections(made_card)]
    titles = [section.title for section in sections]
    chosen = st.pills(
        "Part",
        titles,
        default=titles[0],
        required=True,
        key="part",
        bind="query-params",
        label_visibility="collapsed",
    )
    place = titles.index(chosen) if chosen in titles else 0
    show_section(sections[place], key=f"measured-{place}")


def history_part(view: View, version: ModelVersion, moves: Sequence[StageMove]) -> None:
    """Draw where the version has been, and the form that moves it."""
    left, right = st.columns([3, 2])
    with left, card("Moves", caption="Every move of this version, with who and why."):
        if moves:
            newest_first = list(reversed(moves))
            table(
                {
                    "when": [move.moved_at for move in newest_first],
                    "to": [_to(move) for move in newest_first],
                    "reason": [move.reason for move in newest_first],
                    "by": [move.actor for move in newest_first],
                },
                key="moves",
                alt=counted(len(moves), "move"),
                height="content",
                settings={"when": st.column_config.DatetimeColumn("When", format="distance")},
            )
        else:
            st.caption("It has not moved since it was registered.")
    with right, card("Move"), st.form("move-stage", border=False, clear_on_submit=True):
        others = [stage for stage in STAGES if stage != version.stage]
        stage = st.selectbox("To", others, key="stage-to")
        reason = st.text_input("Reason", key="stage-reason", required=True, max_chars=1_000)
        if st.form_submit_button("Move", icon=":material/arrow_forward:") and stage:
            _write(
                lambda: view.workbench.models.set_stage(
                    version.model_id, stage, reason=reason.strip()
                )
            )
    with (
        card("Alias", caption="A name that points to one version, and may point to another."),
        st.form("set-alias", border=False, clear_on_submit=True),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        alias = st.text_input("Alias", key="alias-name", required=True, max_chars=64)
        why = st.text_input("Reason", key="alias-reason", max_chars=1_000)
        if st.form_submit_button("Point here", icon=":material/sell:") and alias:
            _write(
                lambda: view.workbench.models.set_alias(
                    version.model_id, alias.strip(), reason=why.strip()
                )
            )


def _to(move: StageMove) -> str:
    return move.label if move.kind == "stage" else f"alias {move.label}"


def _write(change: Any) -> None:
    try:
        change()
    except MhrasError as error:
        show_fault(error)
        return
    st.rerun()


def stage_colour(stage: str) -> Any:
    """Return the colour of a stage."""
    return STAGE_COLOURS.get(stage, "gray")


def snippets(view: View, version: ModelVersion) -> dict[str, tuple[str, str]]:
    """Return code that opens the version and reads its figures."""
    lake = view.workbench.lake.url
    return {
        "Python": ("python", _PYTHON.format(lake=lake, name=version.name)),
        "SQL": ("sql", _SQL.format(model_id=version.model_id)),
        "Terminal": ("bash", f"mhras models show {version.name} --lake {lake}"),
    }
