"""Show what a run left behind: images, text, tables, documents; or offer it for download.

Artifacts come from anybody's script. Text is shown as text, SVG as an image (where no script
runs), and HTML in a frame inside a frame: the inner one is sandboxed, so the page may draw but
neither run scripts, nor reach this workbench, nor the network.
"""

from __future__ import annotations

import html
import io
import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from app.errors import show_fault
from app.layout import facts
from app.model_register import may_be_model, register_button
from app.wording import size, when
from lake.errors import MhrasError

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from app.session import View
    from core.tracking.run import Artifact

LARGEST_SHOWN: Final = 5_000_000  # bytes; more is only offered for download
_ROWS_SHOWN: Final = 1000
_LETTERS_SHOWN: Final = 200_000
_LANGUAGES: Final = {
    ".py": "python",
    ".sql": "sql",
    ".toml": "toml",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".xml": "xml",
    ".md": "markdown",
    ".patch": "diff",
    ".diff": "diff",
    ".sh": "bash",
}
_PICTURES: Final = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp"})


def show_artifact(view: View, artifact: Artifact, *, as_model: bool = False) -> None:
    """Draw an artifact as what its name says it is, with a button to save it.

    With `as_model` there is also one that registers it, when it may be a model.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        told = f"{size(artifact.size_bytes)}, kept {when(artifact.created_at)}"
        st.caption(told, width="content")
        st.download_button(
            "Download",
            data=lambda: view.runs.read_artifact(artifact.artifact_id),
            file_name=PurePosixPath(artifact.path).name,
            on_click="ignore",
            icon=":material/download:",
            key=f"download-{artifact.artifact_id}",
        )
        if as_model and may_be_model(artifact):
            register_button(view, artifact)
    if artifact.size_bytes > LARGEST_SHOWN:
        st.caption("Too large to be shown here.")
        return
    # not kept: five megabytes each would fill the cache of answers
    try:
        content = view.runs.read_artifact(artifact.artifact_id)
    except MhrasError as error:  # damaged or gone: what else there is of the run can be seen
        show_fault(error)
        return
    suffix = PurePosixPath(artifact.path).suffix.lower()
    try:
        _viewer(suffix)(content, artifact)
    except (ValueError, OSError):
        # not what its name says: a cut image, a table that is none
        st.caption("This cannot be shown as what its name says it is.")
        _text(content, artifact)
    if artifact.metadata:
        facts(dict(artifact.metadata), alt="Metadata of the artifact")


def _viewer(suffix: str) -> Callable[[bytes, Artifact], None]:
    if suffix in _PICTURES:
        return _picture
    return {
        ".svg": _svg,
        ".json": _json,
        ".ipynb": _json,
        ".csv": _csv,
        ".parquet": _parquet,
        ".html": _html,
        ".htm": _html,
    }.get(suffix, _text)


def _picture(content: bytes, artifact: Artifact) -> None:
    from PIL import Image  # comes with Streamlit; refuses what is no image

    Image.open(io.BytesIO(content)).verify()
    st.image(content, alt=artifact.path)


def _svg(content: bytes, artifact: Artifact) -> None:
    text = content.decode("utf8")
    if "<svg" not in text[:2000]:
        raise ValueError("no svg")
    st.image(text, alt=artifact.path, width="stretch")


def _json(content: bytes, artifact: Artifact) -> None:  # noqa: ARG001 - one form for all viewers
    value: Any = json.loads(content)
    st.json(value, expanded=2)


def _csv(content: bytes, artifact: Artifact) -> None:
    _table(read_table(".csv", content), artifact)


def _parquet(content: bytes, artifact: Artifact) -> None:
    _table(read_table(".parquet", content), artifact)


def read_table(suffix: str, content: bytes) -> pa.Table:
    """Read the bytes of a CSV or Parquet file. Raises ValueError for what is none."""
    import pyarrow as pa  # loaded already, by the catalog
    from pyarrow import csv, parquet

    try:
        if suffix == ".csv":
            return csv.read_csv(io.BytesIO(content))
        return parquet.read_table(io.BytesIO(content))
    except pa.ArrowException as error:
        raise ValueError("no table") from error


def _table(table: Any, artifact: Artifact) -> None:
    st.dataframe(
        table.slice(0, _ROWS_SHOWN), hide_index=True, alt=artifact.path, key=artifact.artifact_id
    )
    if table.num_rows > _ROWS_SHOWN:
        st.caption(f"The first {_ROWS_SHOWN:,} of {table.num_rows:,} rows.")


def _html(content: bytes, artifact: Artifact) -> None:
    page = html.escape(content.decode("utf8", "replace"), quote=True)
    frame = (
        f'<iframe sandbox srcdoc="{page}" title="{html.escape(artifact.path, quote=True)}"'
        ' style="border:0;width:100%;height:100vh;background:#fff"></iframe>'
    )
    st.iframe(f"<html><body style='margin:0'>{frame}</body></html>", height=620, alt=artifact.path)
    st.caption("Shown without its scripts. Download it to see all of it.")


def _text(content: bytes, artifact: Artifact) -> None:
    text = content.decode("utf8", "replace")
    if "\x00" in text[:4096]:
        st.caption("Binary data; download it to use it.")
        return
    language = _LANGUAGES.get(PurePosixPath(artifact.path).suffix.lower())
    st.code(text[:_LETTERS_SHOWN], language=language, line_numbers=True, height=420)
    if len(text) > _LETTERS_SHOWN:
        st.caption(f"The first {_LETTERS_SHOWN:,} letters.")
