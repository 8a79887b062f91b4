"""The language of SensorThings' addresses: what each text means, and that no text does harm."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote

import pytest
from ckanext.steamcity.sensors.sensorthings.entities import SETS
from ckanext.steamcity.sensors.sensorthings.expressions import (
    Binary,
    Call,
    Literal,
    Logic,
    Not,
    Order,
    Path,
    parse_filter,
    parse_order,
)
from ckanext.steamcity.sensors.sensorthings.grammar import Options, Step, parse_path, parse_query, split
from ckanext.steamcity.sensors.sensorthings.keys import observation_id, read_observation
from ckanext.steamcity.sensors.sensorthings.refusal import Refusal
from ckanext.steamcity.sensors.sensorthings.relations import RELATIONS
from ckanext.steamcity.sensors.sensorthings.statements import Row, Statement
from hypothesis import given, settings
from hypothesis import strategies as st

NAME, RESULT, TIME = Path(("name",)), Path(("result",)), Path(("phenomenonTime",))


def number(value):
    return Literal("integer", value)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("name eq 'a'", Binary("eq", NAME, Literal("text", "a"))),
        ("name eq 'it''s'", Binary("eq", NAME, Literal("text", "it's"))),
        ("@iot.id eq 5", Binary("eq", Path(("id",)), number(5))),
        ("Datastream/Thing/@iot.id eq 5", Binary("eq", Path(("Datastream", "Thing", "id")), number(5))),
        ("result gt -1.5e3", Binary("gt", RESULT, Literal("number", -1500.0))),
        ("result eq null", Binary("eq", RESULT, Literal("null", None))),
        ("true", Literal("boolean", True)),
        (
            "phenomenonTime ge 2026-03-03T07:05:00.5Z",
            Binary("ge", TIME, Literal("time", datetime(2026, 3, 3, 7, 5, 0, 500000, UTC))),
        ),
        (
            "phenomenonTime ge 2026-03-03T07:05:00+01:00",
            Binary("ge", TIME, Literal("time", datetime(2026, 3, 3, 6, 5, tzinfo=UTC))),
        ),
        (
            "phenomenonTime ge 2026-03-03T07:05:00 01:00",
            Binary("ge", TIME, Literal("time", datetime(2026, 3, 3, 6, 5, tzinfo=UTC))),
        ),
        ("phenomenonTime lt 2026-03-03", Binary("lt", TIME, Literal("day", date(2026, 3, 3)))),
        (
            "now() sub duration'-P1DT2H3M4.5S' lt phenomenonTime",
            Binary(
                "lt",
                Binary(
                    "sub",
                    Call("now", ()),
                    Literal("duration", -timedelta(days=1, hours=2, minutes=3, seconds=4.5)),
                ),
                TIME,
            ),
        ),
        (
            "during(phenomenonTime, 2026-03-03T00:00:00Z/2026-03-04T00:00:00Z)",
            Call(
                "during",
                (TIME, Literal("interval", (datetime(2026, 3, 3, tzinfo=UTC), datetime(2026, 3, 4, tzinfo=UTC)))),
            ),
        ),
        ("st_within(location, geography'POINT(1 2)')",
         Call("st_within", (Path(("location",)), Literal("geography", "POINT(1 2)")))),
        ("geo.distance(location, geography'POINT(1 2)') lt 5",
         Binary("lt", Call("geo.distance", (Path(("location",)), Literal("geography", "POINT(1 2)"))), number(5))),
        # `and` binds tighter than `or`, `not` tighter than both, products tighter than sums, sums than comparisons
        ("result eq 1 or result eq 2 and result eq 3",
         Logic("or", (Binary("eq", RESULT, number(1)),
                      Logic("and", (Binary("eq", RESULT, number(2)), Binary("eq", RESULT, number(3))))))),
        ("(result eq 1 or result eq 2) and result eq 3",
         Logic("and", (Logic("or", (Binary("eq", RESULT, number(1)), Binary("eq", RESULT, number(2)))),
                       Binary("eq", RESULT, number(3))))),
        ("not result eq 1 and result eq 2",
         Logic("and", (Not(Binary("eq", RESULT, number(1))), Binary("eq", RESULT, number(2))))),
        ("result sub 1 sub 2 mul 3 eq 4",
         Binary("eq", Binary("sub", Binary("sub", RESULT, number(1)), Binary("mul", number(2), number(3))), number(4))),
        ("  contains( tolower( name ) , 'x' )  ",
         Call("contains", (Call("tolower", (NAME,)), Literal("text", "x")))),
    ],
)  # fmt: skip
def test_filters_mean_what_the_standard_says(text, tree):
    assert parse_filter(text) == tree


@pytest.mark.parametrize(
    "text",
    [
        "", "name eq", "eq 'a'", "name eq 'a", "name eq 'a' 'b'", "name = 'a'", "(name eq 'a'", "name eq 'a')",
        "contains(name,)", "contains(,name)", "name eq \"a\"", "name eq 1.2.3", "name eq 1x", "a//b eq 1", "/a eq 1",
        "a/ eq 1", "duration'P' eq 1", "duration'1 day' eq 1", "x ge 2026-02-30", "x ge 2026-02-03T25:00:00Z",
        "x eq 1e400", "x eq " + "9" * 60, "x eq 1;drop", "x eq $y", "not", "not not", "x and", "and x",
        "(" * 21 + "1 eq 1" + ")" * 21, "not " * 21 + "true", "f(" * 21 + "1" + ")" * 21, "1" + " add 1" * 21 + " eq 1",
        " or ".join(["x eq 1"] * 200),
    ],
)  # fmt: skip
def test_what_is_no_filter_is_refused(text):
    with pytest.raises(Refusal) as refused:
        parse_filter(text)
    assert refused.value.status == 400


def test_as_deep_and_as_long_as_allowed():
    assert parse_filter("(" * 20 + "1 eq 1" + ")" * 20) == Binary("eq", number(1), number(1))
    assert len(parse_filter(" or ".join(["x eq 1"] * 150)).parts) == 150


def test_orders():
    assert parse_order("phenomenonTime desc, Thing/name") == (
        Order(TIME, True), Order(Path(("Thing", "name")), False)
    )  # fmt: skip
    assert parse_order("name DESC")[0].descending
    for text in ("name up", "name desc asc", "name,", ",name", "name desc name"):
        with pytest.raises(Refusal):
            parse_order(text)


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("", []),
        ("/", []),
        ("Things", [Step("Things")]),
        ("Datastreams(3)/Observations", [Step("Datastreams", 3), Step("Observations")]),
        ("Things('a/b')/Datastreams", [Step("Things", "a/b"), Step("Datastreams")]),
        ("Things('it''s')", [Step("Things", "it's")]),
        ("Things('(')", [Step("Things", "(")]),
        ("Things('x')/Datastreams/$ref", [Step("Things", "x"), Step("Datastreams"), Step("$ref")]),
        ("Datastreams(-5)", [Step("Datastreams", -5)]),
    ],
)
def test_paths(path, steps):
    assert parse_path(path) == steps


@pytest.mark.parametrize(
    "path", ["Things(", "Things)", "Things('a", "Things(a)", "Things('a'b')", "Things()", "a b", "../x", "1", "A/" * 9]
)
def test_what_is_no_path_is_refused(path):
    with pytest.raises(Refusal) as refused:
        parse_path(path)
    assert refused.value.status in (400, 404)


def test_options_nest():
    query = (
        "$expand=Datastreams($expand=ObservedProperty,Observations($top=1;$orderby=phenomenonTime desc;"
        "$filter=result gt 1 and name eq 'a;b,c)');$select=id,name),Locations&$top=5&$skip=2&$count=true&other=1"
    )
    found = parse_query(query)
    assert (found.top, found.skip, found.count, found.array) == (5, 2, True, False)
    streams, locations = found.expand
    assert (streams.name, locations.name, locations.options) == ("Datastreams", "Locations", Options())
    assert streams.options.select == ("id", "name")
    properties, observations = streams.options.expand
    assert properties.name == "ObservedProperty"
    assert observations.options.top == 1
    assert observations.options.order == (Order(TIME, True),)
    assert observations.options.filter.parts[1] == Binary("eq", NAME, Literal("text", "a;b,c)"))
    assert parse_query("%24top=5&" + quote("$filter") + "=name+eq+%27a%2Bb%27").filter.right.value == "a+b"


def test_a_path_in_expand_is_nesting():
    found = parse_query("$expand=Datastreams/Observations($top=1),Datastreams/Sensor")
    (streams,) = found.expand
    assert [one.name for one in streams.options.expand] == ["Observations", "Sensor"]
    assert streams.options.expand[0].options.top == 1
    # The text of the merged option means the same again: it is what the address of the next page is made of.
    assert parse_query("$expand=Datastreams($expand=" + streams.options.texts["$expand"] + ")").expand == (
        streams._replace(options=streams.options),
    )


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("$top=1.5", 400), ("$top=", 400), ("$top=1e3", 400), ("$skip=x", 400), ("$count=1", 400),
        ("$select=a b", 400), ("$select=a/b", 400), ("$expand=", 400), ("$expand=a(", 400), ("$expand=a)", 400),
        ("$expand=a(x", 400), ("$expand=a(b)c", 400), ("$expand=a($top=x)", 400), ("$expand=a($nope=1)", 501),
        ("$expand=a,a($top=1)", 400), ("$expand=a($expand=a($expand=a($expand=a($expand=a))))", 400),
        ("$expand=" + ",".join(f"a{n}" for n in range(30)), 400), ("$apply=x", 501), ("$top=1&$top=1", 400),
        ("$filter=%ff", 400), ("$filter=%00", 400), ("$filter=" + "x" * 9000, 400), ("$resultFormat=csv", 501),
    ],
)  # fmt: skip
def test_what_is_no_option_is_refused(query, status):
    with pytest.raises(Refusal) as refused:
        parse_query(query)
    assert refused.value.status == status


def test_splitting_leaves_quotes_and_brackets_alone():
    assert split("a,b(c,d),'e,f',g''h", ",") == ["a", "b(c,d)", "'e,f'", "g''h"]


def test_ids_of_observations_come_back():
    moment = datetime(2026, 3, 3, 7, 5, 0, 123456, UTC)
    assert read_observation(observation_id(12, moment)) == (12, moment)
    assert read_observation(observation_id(12, datetime(1960, 1, 1, tzinfo=UTC))) == (
        12,
        datetime(1960, 1, 1, tzinfo=UTC),
    )
    for text in ("", "1", "1-", "-1-1", "99999999999-1", "2147483648-1", "1-999999999999999999", "1-1-1", "a-1"):
        assert read_observation(text) is None


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text):
    for read in (parse_filter, parse_order, parse_path, parse_query):
        try:
            read(text)
        except Refusal as refused:
            assert refused.status in (400, 404, 501)  # noqa: PT017  both ends are fine, any other error is not


_WORDS = st.sampled_from(
    ["name", "id", "result", "phenomenonTime", "Thing/name", "Datastreams/id", "'x'", "5", "2026-03-03T00:00:00Z",
     "(", ")", ",", "eq", "gt", "and", "or", "not", "add", "mul", "contains(", "st_within(", "geo.distance(",
     "now()", "null", "geography'POINT(1 2)'", "duration'PT1H'", "true", "date(", "Locations/location",
     "observedArea", "properties/city"]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(_WORDS, max_size=14).map(" ".join), st.sampled_from(sorted(SETS)))
def test_every_filter_becomes_a_statement_of_fixed_words_or_is_refused(text, name):
    """No word a client wrote stands in the SQL: what varies are the bound values."""
    statement, row = Statement(), Row(SETS[name], "c")
    try:
        sql = statement.condition(row, parse_filter(text))
    except Refusal:
        return
    assert "'x'" not in sql
    assert "POINT" not in sql
    assert "2026" not in sql


def test_every_column_named_is_in_its_relation():
    for one in SETS.values():
        text = RELATIONS[one.name]
        columns = [part.column for p in one.properties.values() for part in (p, *p.parts.values()) if part.column]
        for column in " ".join(columns).split():
            assert column in text, (one.name, column)
        for link in one.links.values():
            assert link.target in SETS
            if link.there:
                assert link.there in RELATIONS[link.target]
