"""The words of a filter: names, numbers, quoted text and signs, each with its position."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, cast

from catalog.errors import FilterError

TokenKind = Literal["name", "quoted", "text", "number", "sign"]

_QUOTED = r'"(?:[^"]|"")*"|`(?:[^`]|``)*`'
_PART = rf"""\w+(?:\[\w*\])*|{_QUOTED}|'(?:[^']|'')*'"""
# The possessive quantifiers (*+) keep a long run of digits from being tried in every split.
_TOKEN: Final = re.compile(
    rf"""\s*(?:
      (?P<number>(?:\d[\d_]*+(?:\.\d*+)?+|\.\d++)(?:[eE][+-]?\d++)?+(?![\w.]))
    | (?P<name>[^\W\d]\w*(?:\.(?:{_PART}))* | (?:{_QUOTED})(?:\.(?:{_PART}))+)
    | (?P<quoted>{_QUOTED})
    | (?P<text>'(?:[^']|'')*')
    | (?P<comment>--|/\*)
    | (?P<sign><=|>=|<>|!=|==|[=<>(),+-])
    )""",
    re.VERBOSE,
)
_PARTS: Final = re.compile(rf"\.?({_PART})")
_WRONG: Final = re.compile(r"[\w.]+|\W")
_FAULTS: Final = (
    ("'\"`", "this quote is never closed", "A quote inside quotes is written twice.", ""),
    ("\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb", "text stands in straight quotes", "", ""),
    (";", "a filter is one condition, nothing follows it", "", "metrics.auc > 0.8"),
    ("*/%^", "there is no arithmetic", "A name with such a sign is quoted.", 'metrics."a/b" > 0.8'),
    ("!&|~", "this is no comparison", "Write and, or, not, like, !=.", "not status = 'FAILED'"),
    (".", "a name is missing before or after this dot", "", "params.model.depth = 4"),
    ("$@#:?\\{[", "this sign stands in quotes only", "", 'metrics."auc@10" > 0.8'),
)


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a filter; `parts` are those of a dotted name, unquoted, with positions."""

    kind: TokenKind
    source: str
    start: int
    parts: tuple[tuple[int, str], ...] = ()

    @property
    def end(self) -> int:
        """The position after the token."""
        return self.start + len(self.source)

    @property
    def word(self) -> str:
        """The token in lower case when it is a bare word, as keywords are; else nothing."""
        return self.source.lower() if self.kind == "name" and len(self.parts) == 1 else ""

    @property
    def content(self) -> str:
        """What stands within the quotes."""
        return unquoted(self.source)


def unquoted(source: str) -> str:
    """Take the quotes off, and halve those doubled inside.

    >>> unquoted("'it''s'"), unquoted("plain")
    ("it's", 'plain')
    """
    quote = source[0]
    return source[1:-1].replace(quote * 2, quote) if quote in "'\"`" else source


def tokenize(text: str) -> list[Token]:
    """Cut a filter into its tokens. Raises FilterError where it cannot go on.

    >>> [token.source for token in tokenize("metrics.`a b`>=-.5")]
    ['metrics.`a b`', '>=', '-', '.5']
    """
    _refuse_surrogates(text)
    tokens: list[Token] = []
    position, end = 0, len(text.rstrip())
    while position < end:
        found = _TOKEN.match(text, position)
        kind = found.lastgroup if found else None
        if found is None or kind is None or kind == "comment":
            raise _fault(text, position)
        source, start, position = found[kind], found.start(kind), found.end()
        parts: tuple[tuple[int, str], ...] = ()
        if kind in ("name", "quoted"):
            parts = tuple((start + p.start(1), unquoted(p[1])) for p in _PARTS.finditer(source))
        tokens.append(Token(cast("TokenKind", kind), source, start, parts))
    return tokens


def _refuse_surrogates(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise FilterError.at(
            error.start, text, "this is half a character", example="tags.team = 'a'"
        ) from None


def _fault(text: str, position: int) -> FilterError:
    while text[position].isspace():
        position += 1
    wrong = _WRONG.match(text, position)
    source = wrong[0] if wrong else text[position]
    problem, hint, example = f"{source!r} says nothing here", "", ""
    if text.startswith(("--", "/*"), position):
        problem, hint = "a filter has no comments", "Text with such signs is quoted."
    elif source[0].isdigit():
        problem, hint = f"{source} is not a number", "Text, dates and durations are quoted."
        example = "duration > '2h'"
    else:
        for signs, *fault in _FAULTS:
            if source[0] in signs:
                problem, hint, example = fault
    example = example or "tags.team = 'it''s us'"
    return FilterError.at(position, text, problem, hint=hint, example=example)
