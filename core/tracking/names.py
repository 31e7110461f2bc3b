"""Names for runs that were given none."""

from __future__ import annotations

from typing import Final

_WORDS: Final = """
able amber bold brisk calm civil clear cool deft eager early fair fine firm fond free fresh gentle
glad golden good grand green kind light lively long loyal lucid mellow mild neat new noble old open
plain proud pure quick quiet ready rich round royal safe sharp short silver simple sleek small
smart soft solid sound steady still strong sure swift tall tidy true warm
/
alder aspen badger bay beech birch brook cedar cliff cloud cove crane creek dale dawn delta dove
dune elm falcon fern field finch fjord forest fox garden glade grove harbor hare hazel heron hill
holly island ivy lake larch lark leaf lily linden maple marsh meadow moon moss oak orchard otter
owl peak pine plover pond quail reed ridge river robin rowan sage sparrow
"""
_ADJECTIVES, _NOUNS = (part.split() for part in _WORDS.split("/"))


def run_name_for(run_id: str) -> str:
    """A name people can say, made from a run's id.

    >>> run_name_for("0193d5a8-0000-7000-8000-0123456789ab")
    'true-island-89ab'
    """
    number = int(run_id[-12:], 16)
    adjective = _ADJECTIVES[(number >> 16) % len(_ADJECTIVES)]
    return f"{adjective}-{_NOUNS[(number >> 32) % len(_NOUNS)]}-{run_id[-4:]}"
