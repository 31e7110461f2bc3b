"""What columns are called in words, where a file says it, as SAS's do: "Systolic pressure, mmHg".

A reader of files puts them into the fields of its Arrow schema, under "label"; who has a table with
such fields keeps theirs in the same way. Of a version they are in the metadata, under "labels".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

LABELS: Final = "labels"
_FIELD: Final = b"label"


def with_labels(schema: pa.Schema, labels: Mapping[str, str]) -> pa.Schema:
    """Return a schema whose fields say what they are called; empty labels say nothing.

    >>> import pyarrow as pa
    >>> labels_of(with_labels(pa.schema({"SEQN": "int64", "x": "int8"}), {"SEQN": "Sequence"}))
    {'SEQN': 'Sequence'}
    """
    import pyarrow as pa  # not needed to ask a version for its labels

    fields = [
        field.with_metadata({_FIELD: labels[field.name]}) if labels.get(field.name) else field
        for field in schema
    ]
    return pa.schema(fields, schema.metadata)


def labels_of(schema: pa.Schema) -> dict[str, str]:
    """Return the labels of the columns that have one, by name."""
    found = {field.name: (field.metadata or {}).get(_FIELD, b"") for field in schema}
    return {name: text.decode("utf8", "replace") for name, text in found.items() if text}


def labels_to_keep(schema: pa.Schema, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return the labels as metadata of a version; those that somebody gives there come first.

    >>> import pyarrow as pa
    >>> schema = with_labels(pa.schema({"a": "int8", "b": "int8"}), {"a": "Age", "b": "Body"})
    >>> labels_to_keep(schema, {"labels": {"b": "Body mass index"}})
    {'labels': {'a': 'Age', 'b': 'Body mass index'}}
    """
    given = metadata.get(LABELS, {})
    found = labels_of(schema)
    if not found or not isinstance(given, dict):
        return {}
    return {LABELS: {**found, **given}}


def labels_in(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Return the labels that are in metadata, which anybody may write.

    >>> labels_in({"labels": {"SEQN": "Sequence", "x": None}}), labels_in({"labels": 3})
    ({'SEQN': 'Sequence'}, {})
    """
    found = metadata.get(LABELS)
    if not isinstance(found, dict):
        return {}
    return {name: text for name, text in found.items() if isinstance(text, str) and text}
