"""Check a file against a protocol: read, map, convert, test, and give back findings and the table that could be
published. Pure."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, BinaryIO

from ..messages import N_, Message, counted, n_
from . import loggers, people
from .aggregate import aggregate
from .cells import CELL
from .clean import CleanTable
from .coarsen import coarsen
from .convert import convert, unusual
from .findings import KEEP, LEAVE_OUT, Hints, Log, Question, Report
from .headers import Matcher, better_protocol, match
from .loader import load
from .model import Column, Protocol
from .moments import convert_moments
from .quality import summarise
from .reader import open_source, place_header
from .series import clocks, rules, series
from .source import MAX_BYTES, Refused, Source, filled
from .summary_rows import leave_out_summaries
from .table import Table, fill, note_missing
from .times import day_of, zone
from .units_row import with_units
from .workbook import best

_ALPHABETS = {
    "cp1252": N_("The file uses the Windows alphabet for Western letters."),
    "cp1251": N_("The file uses the Windows alphabet for Cyrillic letters."),
}
_TWO_BYTES = N_("The file writes each letter with two bytes (UTF-16).")
_SEPARATOR_NAMES = {";": N_("semicolons"), "\t": N_("tabs"), "|": N_("vertical bars"), ",": N_("commas")}


def check_file(
    data: bytes | BinaryIO,
    protocol: Protocol,
    *,
    filename: str = "",
    hints: Hints | Mapping[str, Any] | None = None,
    now: datetime | None = None,
    max_bytes: int = MAX_BYTES,
    first_rows: int | None = None,
) -> Report:
    """Never raises for what is in the file: an unreadable one is a report with one error.

    ``filename`` is not trusted and not used to decide. ``first_rows``: look at the beginning only, to show something
    at once; such a report is never ``ok``, whatever it finds.
    """
    log = Log(Hints.of(hints), reveals_rows=protocol.reveals_rows, row_repairs=protocol.aggregate is None)
    report = Report(
        protocol.slug, first_rows=first_rows, questions=log.questions, findings=log.findings, repairs=log.repairs
    )
    try:
        _check(data, protocol, log, report, now or datetime.now(UTC), max_bytes)
    except Refused as refused:
        log.add(refused.code, "error", refused.message, row=refused.row, suggestion=refused.suggestion)
    return report


def _check(data: bytes | BinaryIO, protocol: Protocol, log: Log, report: Report, now: datetime, max_bytes: int) -> None:
    opened, source, logger = _opened(data, protocol, log, max_bytes)
    known = Matcher(protocol).known
    report.understood = {
        "kind": source.kind,
        "encoding": source.encoding,
        "separator": source.separator,
        "header_line": source.header_line,
        "sheet": source.sheet if len(source.sheets) > 1 else None,
    }
    _note_dialect(source, log)
    begin = source.header_line
    if with_units(source):
        text = N_("The units of the columns were read from line {row}.")
        log.add("units_row", "note", Message(text, {"row": source.header_line}), row=source.header_line)
    named = any(known(h) or h in log.hints.mapping for h in source.headers if h)
    if not named and (not protocol.reveals_rows or not _has_words(source.headers)):
        _wrong_protocol(source, protocol, log)  # this line may be a row of answers: it is not told as a header
        return
    mapped, report.columns = match(source.headers, protocol, log.hints, log, source.header_line, logger, filled(source))
    report.surplus = people.find(opened, source, begin, report.columns, protocol, log)
    present = {entry.column.name for entry in mapped}
    if not present & _asked(protocol):
        _wrong_protocol(source, protocol, log)
        return
    for column in protocol.columns:
        if column.required and column.name not in present and not (CELL in present and column.role == "place"):
            log.add(
                "missing_column",
                "error",
                Message(N_("The column “{title}” is missing."), {"title": column.titles}),
                column=column.name,
                suggestion=Message(N_("Add it to your file, or say which of your columns it is.")),
            )
    table = Table(protocol, mapped, log)
    flag = next((entry.index for entry in report.columns if entry.how == "flag"), None)
    fill(table, source, flag, report.first_rows, leave_out_summaries)
    people.find_beside(table.beside, table.remarks, report.surplus, log)
    _note_calculated(table, source)
    report.rows = len(table)
    if not len(table):
        raise Refused(
            "no_rows",
            N_("The file has a header but no row of data."),
            N_("Check that the logger has saved its values."),
            source.header_line,
        )
    if not any(finding.code == "shifted_columns" for finding in log.findings):  # else each cell would be told
        report.clean = _judge(table, now)


def _asked(protocol: Protocol) -> set[str]:
    """Columns of which a file of this protocol has one; it may ask for its measurement without requiring it."""
    required = {column.name for column in protocol.columns if column.required and column.role not in ("time", "place")}
    return required | {column.name for column in protocol.value_columns or protocol.columns}


def _opened(
    data: bytes | BinaryIO, protocol: Protocol, log: Log, max_bytes: int
) -> tuple[Source, Source, loggers.Logger | None]:
    """The file, the table in it with its header placed, and the logger that wrote it, where that is known."""
    known = Matcher(protocol).known
    opened = source = _sheet(open_source(data, max_bytes), known, log)
    recognised = loggers.recognise(source)
    logger = recognised[0] if recognised else None
    if recognised:
        source = loggers.unfold(source, *recognised)
    place_header(source, lambda header: known(header) or bool(logger and logger.column_of(header, protocol)))
    if logger:
        loggers.tell(logger, log)
        if logger.timezone:
            log.hints = replace(log.hints, timezone=logger.timezone)
    return opened, source, logger


def _sheet(sheets: list[Source], known: Callable[[str], bool], log: Log) -> Source:
    """The sheet that was asked for, else the one with most known headers; said, and asked where two have as many."""
    if len(sheets) == 1:
        return sheets[0]
    asked = next((one for one in sheets if str(one.sheet) == log.hints.sheet), None)
    if asked:
        return asked
    chosen, clear = best(sheets, known)
    names = {str(one.sheet): one.sheets[one.sheet - 1] for one in sheets}
    if not clear:
        text = N_("Which sheet of the file has the measurements?")
        choices = [
            (number, Message(N_("Sheet {number}: {sheet}"), {"number": number, "sheet": name[:60]}))
            for number, name in names.items()
        ]
        log.ask(Question("sheet", None, Message(text), choices, str(chosen.sheet)))
    params = {"number": chosen.sheet, "sheet": names[str(chosen.sheet)][:60], "count": len(sheets)}
    text = N_("The file has {count} sheets. Sheet {number}, “{sheet}”, was read.")
    log.add("sheet", "note", Message(text, params), count=len(sheets))
    return chosen


def _note_calculated(table: Table, source: Source) -> None:
    """Values that a formula of the spreadsheet gave are no measured ones; the result is read, and said."""
    for entry in table.mapped:
        count = source.calculated[entry.index]
        if count:
            header = table.headers[entry.column.name]
            text = N_("Cells in “{column}” that a formula calculates: {count}. Their results were read.")
            table.log.add(
                "calculated", "note", Message(text, {"column": header, "count": count}), column=header, count=count
            )


def _judge(table: Table, now: datetime) -> CleanTable | None:
    """All tests in order; the clean table when nothing stands in its way."""
    protocol, log = table.protocol, table.log
    convert(table)
    ready = convert_moments(table)
    if ready:
        clocks(table, now)
        order = series(table)
        rules(table)
        order = [i for i in order if not table.dropped[i]]
    else:
        order = list(table.kept())
    unusual(table)
    _personal_data(table)
    note_missing(table)
    if 0 < len(order) < protocol.minimum_rows:
        params = {"count": len(order), "minimum": protocol.minimum_rows}
        forms = n_(
            "There is only {count} row; at least {minimum} are needed to see anything.",
            "There are only {count} rows; at least {minimum} are needed to see anything.",
        )
        log.add(
            "few_rows",
            "warning",
            counted(forms, params),
            count=len(order),
        )
    if not order and not table.apart:
        log.add("nothing_left", "error", Message(N_("No row is left to publish.")))
    if log.questions or any(finding.open for finding in log.findings):
        # what will be published is not known before the open points are decided
        return None
    return _publish(table, order)


def _publish(table: Table, order: list[int]) -> CleanTable | None:
    protocol = table.protocol
    time = protocol.time_column
    times = table.values[time.name] if time and time.name in table.values else []
    stamps = array("q", (_ms(times[i]) for i in order if times[i] is not None) if times else ())
    flags = [table.flags[i] for i in order]
    groups = [column.name for column in table.columns if column.role == "group"]
    sides = len({tuple(table.values[name][i] for name in groups) for i in order}) if groups else 1
    # A class that measures every half hour has planned half hours.
    stated = protocol.interval_minutes
    intervals = [*table.rhythms, *[stated] * (max(sides, 1) - len(table.rhythms))] if stated else []
    quality = summarise(flags, stamps, intervals, table.log.findings)
    columns: list[Column] = list(protocol.columns)
    whole = len(order) == len(table) and all(i == place for place, i in enumerate(order))

    def published(name: str) -> list[Any]:
        values = table.values.get(name)
        if values is None:
            return [None] * len(order)
        return values if whole else [values[i] for i in order]

    data = {column.name: published(column.name) for column in columns}
    clean = CleanTable(protocol, columns, data, flags, quality)
    if stamps:
        # a class measured on the days of its own calendar; a column of dates has these already
        local = zone(table.log.hints.timezone) if time and time.type == "datetime" else None
        clean.period_start, clean.period_end = day_of(min(stamps), local), day_of(max(stamps), local)
    if CELL in table.values:
        data[CELL] = published(CELL)
    return _grouped(clean, table.log) if protocol.aggregate else coarsen(clean)


def _grouped(clean: CleanTable, log: Log) -> CleanTable | None:
    """The table of groups; None, and an error, where none of them may be published."""
    grouped = aggregate(clean)
    if grouped.rows or not grouped.left_out:
        return grouped
    params = {"minimum": grouped.left_out.minimum}
    text = N_("Nothing can be published: fewer than {minimum} people answered in every group.")
    if grouped.left_out.protecting:
        text = N_(
            "Nothing can be published: in some groups fewer than {minimum} people answered, and the other groups would "
            "give their answers away."
        )
    suggestion = N_("Ask more people, so that at least {minimum} answer in each group, and give the whole file again.")
    log.add("nothing_left", "error", Message(text, params), suggestion=Message(suggestion, params))
    return None


def _ms(value: Any) -> int:
    return (value.toordinal() - date(1970, 1, 1).toordinal()) * 86_400_000 if isinstance(value, date) else value


def _note_dialect(source: Source, log: Log) -> None:
    if source.kind == "csv" and source.separator != ",":
        text = N_("The columns are separated by {separator}.")
        log.add(
            "separator", "note", Message(text, {"separator": Message(_SEPARATOR_NAMES[source.separator]).to_dict()})
        )
    if source.kind == "csv" and not source.encoding.startswith("utf-8"):
        log.add("encoding", "note", Message(_ALPHABETS.get(source.encoding, _TWO_BYTES), {"encoding": source.encoding}))
    before = source.header_line - 1 - source.separator_line
    if before > 0:
        log.add(
            "preamble",
            "note",
            Message(N_("Lines before the header that were skipped: {count}."), {"count": before}),
            count=before,
        )


def _has_words(headers: list[str]) -> bool:
    return any(letter.isalpha() for header in headers for letter in header)


def _wrong_protocol(source: Source, protocol: Protocol, log: Log) -> None:
    if not _has_words(source.headers):
        raise Refused(
            "no_header",
            N_("The file has no line with the names of its columns."),
            N_("Add the first line of the template above your values."),
            source.header_line,
        )
    better = better_protocol(source.headers, protocol)
    text = N_("No column of the protocol “{protocol}” was found in this file.")
    suggestion = Message(N_("Compare the names of your columns with the template."))
    if better:
        suggestion = Message(N_("The columns look like the protocol “{other}”."), {"other": load(better).titles})
    log.add(
        "wrong_protocol",
        "error",
        Message(text, {"protocol": protocol.titles}),
        row=source.header_line,
        value=better or None,
        suggestion=suggestion,
    )


def _personal_data(table: Table) -> None:
    """Names, e-mails, telephone numbers … in columns that would be published."""
    if table.protocol.aggregate:
        return  # texts are not published, only groups
    try:
        from ckanext.steamcity import privacy
    except ImportError:
        return
    columns = [column for column in table.columns if column.type == "text" and column.name != CELL]
    if not columns:
        return
    names = [column.name for column in columns]
    rows = ([table.raw[name][i] for name in names] for i in range(len(table)))
    emptied: set[tuple[str, str, bool]] = set()
    for found in privacy.scan_table([table.headers[name] for name in names], rows, first_row=0):
        name = next((name for name in names if table.headers[name] == found.column), names[0])
        hit = found.row if found.row is not None and 0 <= found.row < len(table) else None
        choices = [LEAVE_OUT] if found.certain else [LEAVE_OUT, KEEP]
        choice = table.log.add(
            "personal_data",
            "error",
            found.message,
            row=None if hit is None else table.lines[hit],
            column=table.headers[name],
            value=found.excerpt,
            count=found.count,
            choices=choices,
            suggestion=Message(N_("Nothing that points to a person can be published.")),
        )
        if choice == LEAVE_OUT and (name, found.kind, found.certain) not in emptied:
            emptied.add((name, found.kind, found.certain))
            # A column of people is emptied; of other columns only the cells that hold something.
            _blank(table, name, found.rows or range(len(table)))


def _blank(table: Table, name: str, rows: Iterable[int]) -> None:
    """Take personal data out; the repair says where, and nothing of what stood there."""
    for i in rows:
        if table.values[name][i] is not None:
            table.empty(i, name)
            table.log.repair(table.lines[i], name, "…", None, "personal_data")
