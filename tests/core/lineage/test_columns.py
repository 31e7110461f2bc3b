"""Which columns each column of an answer is made of, and which cannot be told."""

from __future__ import annotations

import pytest

from core.lineage.columns import column_sources

TABLES = {"phq9": ["ID", "q1", "Q 2", "s"], "visits": ["id", "day"]}
P_ID, P_Q1, P_Q2, P_S = [("phq9", column) for column in TABLES["phq9"]]
V_ID, V_DAY = [("visits", column) for column in TABLES["visits"]]

RECURSIVE = """
with recursive r as (select id, q1 from phq9 union all select q1, id from r) select id from r
"""
Sources = dict[str, tuple[tuple[str, str], ...]]

RESOLVED: dict[str, Sources] = {
    "select id from phq9": {"ID": (P_ID,)},
    "select * from phq9": {"ID": (P_ID,), "q1": (P_Q1,), "Q 2": (P_Q2,), "s": (P_S,)},
    "from phq9 select q1": {"q1": (P_Q1,)},
    'select q1 + "q 2" as total from phq9 p': {"total": (P_Q2, P_Q1)},
    "select q1 + 1 from phq9": {"(q1 + 1)": (P_Q1,)},
    "select * exclude (id, s) from phq9": {"q1": (P_Q1,), "Q 2": (P_Q2,)},
    'select * exclude (id, s, "Q 2") replace (q1 + "Q 2" as q1) from phq9': {"q1": (P_Q2, P_Q1)},
    "select * rename (q1 as z) from phq9": {"z": (P_Q1,), "s": (P_S,)},
    "with t as (select id, q1 as a from phq9) select t.*, day from t join visits using (id)": {
        "a": (P_Q1,),
        "day": (V_DAY,),
    },
    "select id from phq9 join visits using (id)": {"id": (P_ID, V_ID)},
    "select a.id, b.day from phq9 a, visits b where a.id = b.id": {"ID": (P_ID,), "day": (V_DAY,)},
    "select id from phq9 union all select id from visits": {"ID": (P_ID, V_ID)},
    "select count(*) n, 1 as one, now() as at from phq9": {"n": (), "one": (), "at": ()},
    "select max(q1) over (partition by id) as m from phq9": {"m": (P_ID, P_Q1)},
    "select case when id > 0 then q1 end as c from phq9": {"c": (P_ID, P_Q1)},
    "select sum(q1) filter (where id > 1) as z from phq9": {"z": (P_ID, P_Q1)},
    "select q1 as a, a + 1 as b from phq9": {"a": (P_Q1,), "b": (P_Q1,)},
    "select (select max(day) from visits v where v.id = p.id) as d from phq9 p": {"d": (V_DAY,)},
    "select list(q1 order by id) as l from phq9 group by all": {"l": (P_ID, P_Q1)},
    'select unnest([q1, "Q 2"]) as u from phq9': {"u": (P_Q2, P_Q1)},
    "select u from phq9, unnest([q1, id]) as t(u)": {"u": (P_ID, P_Q1)},
    "select n.b from (select {'b': q1} as n from phq9)": {"b": (P_Q1,)},
    "select s.x from phq9": {"x": (P_S,)},
    "select list_transform([1], lambda z: z + q1) as t from phq9": {"t": (P_Q1,)},
    "with phq9 as (select id as q1 from phq9) select q1 from phq9": {"q1": (P_ID,)},
    "select x from range(3) t(x)": {"x": ()},
    "select id from phq9 qualify row_number() over (order by s) = 1": {"ID": (P_ID,)},
}
UNRESOLVED = {
    "select columns('q.*') as c from phq9": ("c", "columns(...)"),
    "select coalesce(*columns(*)) as c from phq9": ("c", "columns(...)"),
    "select phq9 as whole from phq9": ("whole", "a whole row as one value"),
    "select struct_pack(a := phq9, b := q1) as c from phq9": ("c", "a whole row as one value"),
    "select * like 'q%' from phq9": ("q1", "*"),
    "select s.* from phq9": ("x", "no column of this name is found in the query"),
    "select count(*) over w as c from phq9 window w as (partition by q1)": (
        "c",
        "a window that is defined elsewhere",
    ),
    "select day from visits union by name select id as day from phq9": ("day", "union by name"),
    "select * from phq9 pivot (sum(q1) for id in (1, 2))": ("1", "pivot"),
    RECURSIVE: ("id", "a recursive query, or a table that is no input"),
    "select x from phq9, generate_series(1, phq9.q1) g(x)": (
        "x",
        "rows made of columns: GENERATE_SERIES(1, phq9.q1) AS g(x)",
    ),
    "select rowid from phq9": ("rowid", "phq9.rowid is no column of an input"),
    "select a from elsewhere": ("a", "elsewhere.a is no column of an input"),
    "summarize phq9": ("min", "the query is not understood: SUMMARIZE is no SELECT"),
    "select q1 from phq9; select 1": ("q1", "the query is not understood: "),
    "select from where": ("q1", "the query is not understood: "),
}


@pytest.mark.parametrize("query", RESOLVED)
def test_columns_are_followed_to_the_inputs(query: str) -> None:
    wanted = RESOLVED[query]
    found = column_sources(query, TABLES, list(wanted))
    assert (found.columns, found.unresolved) == (wanted, {})


@pytest.mark.parametrize("query", UNRESOLVED)
def test_what_cannot_be_told_says_why(query: str) -> None:
    output, reason = UNRESOLVED[query]
    found = column_sources(query, TABLES, [output])
    assert found.columns == {}
    assert list(found.unresolved) == [output]
    assert found.unresolved[output].startswith(reason)


def test_one_column_that_is_not_understood_leaves_the_others() -> None:
    found = column_sources("select q1, phq9 as whole from phq9", TABLES, ["q1", "whole"])
    assert found.columns == {"q1": (P_Q1,)}
    assert found.unresolved == {"whole": "a whole row as one value"}
