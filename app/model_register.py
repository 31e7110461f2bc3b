"""Make a version of a model of a file that a run left."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

import streamlit as st

from app.errors import show_fault
from app.layout import plain
from app.nav import open_page
from lake.errors import MhrasError

if TYPE_CHECKING:
    from app.session import View
    from core.tracking.run import Artifact

_HELP: Final = "Gives the file a place in the registry: versions, stages, evaluations, a card"

_ENDS: Final = frozenset(
    {".skops", ".onnx", ".json", ".safetensors", ".ubj", ".cbm", ".pkl", ".pickle", ".joblib"}
)


def may_be_model(artifact: Artifact) -> bool:
    """Tell by its type and name whether a file may hold a model."""
    end = PurePosixPath(artifact.path).suffix.lower()
    return artifact.artifact_type == "model" or end in _ENDS


def register_button(view: View, artifact: Artifact) -> None:
    """Offer to register a file as the first or the next version of a model."""
    models = view.workbench.models
    known = [each.model_name for each in view.ask(models.list_models)]
    with (
        st.popover("Register", icon=":material/deployed_code:", help=_HELP),
        st.form(f"register-{artifact.artifact_id}", border=False),
    ):
        name = st.selectbox(
            "Model",
            known,
            index=None,
            key="register-name",
            placeholder="Choose one, or type a new name",
            accept_new_options=True,
        )
        label = st.text_input(
            "Version", key="register-version", placeholder="the next: v1, v2 ...", max_chars=64
        )
        about = st.text_area("Description", key="register-about", max_chars=10_000)
        if not st.form_submit_button("Register", icon=":material/check:", type="primary"):
            return
        if not name:
            st.error("A model needs a name.", icon=":material/error:")
            return
        try:
            version = models.register_model(
                name.strip(),
                run_id=artifact.run_id,
                artifact=artifact.artifact_id,
                version=label.strip() or None,
                description=about.strip(),
            )
        except MhrasError as error:
            show_fault(error)
            return
    st.toast(f"{plain(version.name)} is registered.", icon=":material/check:")
    open_page("model", name=version.model_name, version=version.version)
