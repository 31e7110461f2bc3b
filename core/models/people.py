"""Read what people say of a model from a YAML file beside it.

    intended_use: Offered after the waiting room questionnaire, before the first talk.
    known_limitations:
      - Fitted on people who were examined, not on people in care.

Every value is a text, or a list of texts where core/models/statements.py says so: `no` is the
word, `2024-01-01` the characters, and a tag makes nothing. All that is wrong is told at once, with
its line.
"""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from core.errors import StatementsError
from core.models.statements import BY_KEY, STATEMENTS, Statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import yaml

Said = str | tuple[str, ...]
_LARGEST: Final = 1_000_000  # bytes: more is no text that somebody reads
_DEEPEST: Final = 8  # lists in lists are refused later, with their line
_WIDTH: Final = 96


def read_statements(source: str | Path | Mapping[str, Any]) -> dict[str, Said]:
    """Return the statements of a file, or of a mapping; blank ones are left out.

    Raises StatementsError, whose fact `faults` lists everything that is wrong.

    >>> read_statements({"intended_use": "Triage", "caveats": ["Small sample", ""]})
    {'intended_use': 'Triage', 'caveats': ('Small sample',)}
    """
    if isinstance(source, str | Path):
        return parse_statements(_text_of(Path(source)), name=str(source))
    faults: list[str] = []
    found = {
        key: _said(BY_KEY[key], value, key, faults)
        for key, value in source.items()
        if _is_known(key, key, faults)
    }
    return _without_blanks(found, faults, "statements")


def parse_statements(text: str, *, name: str = "statements") -> dict[str, Said]:
    """Return the statements of a text in YAML. Raises StatementsError.

    >>> parse_statements("intended_uses: Triage")
    Traceback (most recent call last):
    ...
    core.errors.StatementsError: statements: line 1: intended_uses is no statement; did you ...
    """
    import yaml  # 20 ms that only cards need

    faults: list[str] = []
    found: dict[str, Said] = {}
    try:
        if _depth(text) > _DEEPEST:
            raise _error(["is nested too deeply: texts, and lists of texts, are all it has"], name)
        document = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        raise _error([f"is no YAML: {_one_line(error)}"], name) from error
    if document is None:
        return {}
    if not isinstance(document, yaml.MappingNode):
        raise _error(["has no `key: text` at its top"], name)
    for key_node, node in document.value:
        place = f"line {key_node.start_mark.line + 1}"
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else "a list or mapping"
        if key in found:
            faults.append(f"{place}: {key} is there twice")
        elif _is_known(key, f"{place}: {key}", faults):
            found[key] = _said(BY_KEY[key], _value(node), f"{place}: {key}", faults)
    return _without_blanks(found, faults, name)


def combined(*layers: Mapping[str, Said]) -> dict[str, Said]:
    """Put statements over others, in the order of a card: what is said later counts."""
    found: dict[str, Said] = {}
    for layer in layers:
        found |= layer
    return {
        statement.key: found[statement.key] for statement in STATEMENTS if statement.key in found
    }


def statements_template(said: Mapping[str, Said] | None = None) -> str:
    """Write a YAML file to fill in: every question, and what is said already.

    >>> print(statements_template()[:62])
    # What only people can say of a model. Statements marked * are
    """
    lines = [
        "# What only people can say of a model. Statements marked * are",
        "# required before a card is published; empty ones count as not said.",
    ]
    section = ""
    for statement in STATEMENTS:
        if statement.section != section:
            section = statement.section
            lines += ["", f"# --- {section}"]
        mark = " *" if statement.required else ""
        lines += [
            "",
            f"# {statement.asks}{mark}",
            *_written(statement, (said or {}).get(statement.key)),
        ]
    return "\n".join(lines) + "\n"


def _written(statement: Statement, said: Said | None) -> list[str]:
    import yaml  # as above

    if said is None:
        return [f"{statement.key}:"]
    value = list(said) if isinstance(said, tuple) else said
    written = yaml.safe_dump(
        {statement.key: value}, allow_unicode=True, width=_WIDTH, default_style=None
    )
    return written.rstrip("\n").split("\n")


def _text_of(path: Path) -> str:
    path = path.expanduser()
    try:
        if path.stat().st_size > _LARGEST:
            raise _error([f"has more than {_LARGEST:,} bytes"], str(path))
        return path.read_text(encoding="utf8")
    except OSError as error:
        raise _error([f"cannot be read: {error.strerror}"], str(path)) from error
    except UnicodeDecodeError as error:
        raise _error([f"is no text in UTF-8: {error.reason}"], str(path)) from error


def _depth(text: str) -> int:
    """Return how deep lists and mappings stand in each other, and stop at what is too deep."""
    import yaml  # as above

    depth = deepest = 0
    for event in yaml.parse(text, Loader=yaml.BaseLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        deepest = max(deepest, depth)
        if deepest > _DEEPEST:
            break
    return deepest


def _value(node: yaml.Node) -> Any:
    """Return a text, a list of texts, or what is neither, to be refused by its type."""
    import yaml  # as above

    if isinstance(node, yaml.ScalarNode):
        return node.value
    if isinstance(node, yaml.SequenceNode):
        return [item.value if isinstance(item, yaml.ScalarNode) else {} for item in node.value]
    return {}


def _is_known(key: object, place: str, faults: list[str]) -> bool:
    if key in BY_KEY:
        return True
    meant = get_close_matches(str(key), BY_KEY, n=1, cutoff=0.6)
    advice = f"; did you mean {meant[0]}?" if meant else ""
    faults.append(f"{place} is no statement{advice}")
    return False


def _said(statement: Statement, value: Any, place: str, faults: list[str]) -> Said:
    if value is None:
        return ""
    texts = [value] if isinstance(value, str) else value
    if isinstance(texts, list | tuple) and all(isinstance(item, str) for item in texts):
        if not all(_is_unicode(text) for text in texts):
            faults.append(f"{place} has characters that no file can hold")
        elif statement.many:
            return tuple(text for item in texts if (text := item.strip()))
        elif isinstance(value, str):
            return value.strip()
    wanted = "a text or a list of texts" if statement.many else "a text"
    faults.append(f"{place} is not {wanted}")
    return ""


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _without_blanks(found: Mapping[str, Said], faults: list[str], name: str) -> dict[str, Said]:
    if faults:
        raise _error(faults, name)
    return combined({key: said for key, said in found.items() if said})


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _error(faults: Iterable[str], name: str) -> StatementsError:
    found = tuple(faults)
    hint = "docs/cards.md lists the statements; `mhras card --template` writes a file to fill in."
    return StatementsError(f"{name}: {'; '.join(found)}", hint=hint, faults=found, source=name)
