"""What a check says: report, findings, questions, repairs, and the hints a person answered with. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..messages import Message
from . import veil

if TYPE_CHECKING:
    from .clean import CleanTable

LISTED = 200  # findings of one code that are listed; beyond, they are counted
LEAVE_OUT, KEEP, SORT, KEEP_FIRST, KEEP_LAST, AS_TEMPLATE, CONVERT, TAKE = (
    "leave_out",
    "keep",
    "sort",
    "keep_first",
    "keep_last",
    "as_template",
    "convert",
    "take_suggestion",
)


@dataclass(frozen=True)
class Hints:
    """Answers of a person to questions and findings; all optional."""

    mapping: Mapping[str, str | None] = field(default_factory=dict)
    timezone: str | None = None
    date_order: str | None = None
    decimal: str | None = None
    start_time: str | None = None
    sheet: str | None = None
    decisions: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, data: Hints | Mapping[str, Any] | None) -> Hints:
        """From a JSON object of a person's browser: unknown keys and wrong types are dropped, never trusted."""
        if isinstance(data, Hints):
            return data
        data = data if isinstance(data, Mapping) else {}

        def text(key: str) -> str | None:
            value = data.get(key)
            return value if isinstance(value, str) and 0 < len(value) <= 60 else None

        def table(key: str, none: bool) -> dict[str, Any]:
            value = data.get(key)
            pairs = value.items() if isinstance(value, Mapping) else ()
            return {str(k): v for k, v in pairs if isinstance(v, str) or (none and v is None)}

        return cls(
            mapping=table("mapping", none=True),
            timezone=text("timezone"),
            date_order=text("date_order") if data.get("date_order") in ("dmy", "mdy", "ymd") else None,
            decimal=data.get("decimal") if data.get("decimal") in (",", ".") else None,
            start_time=text("start_time"),
            sheet=text("sheet"),
            decisions=table("decisions", none=False),
        )


@dataclass
class Finding:
    """One thing to know.

    ``count``: how many cells or rows it stands for; the last one listed stands for all further ones too.
    """

    code: str
    severity: str
    message: Message
    row: int | None = None
    column: str | None = None
    value: str | None = None
    suggestion: Message | None = None
    count: int = 1
    choices: list[str] = field(default_factory=list)
    decision: str | None = None

    @property
    def open(self) -> bool:
        """An error nobody has decided about."""
        return self.severity == "error" and self.decision is None

    def to_dict(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "severity": self.severity,
            "row": self.row,
            "column": self.column,
            "value": self.value,
            "message": self.message.to_dict(),
            "suggestion": self.suggestion.to_dict() if self.suggestion else None,
            "count": self.count,
            "choices": self.choices,
            "decision": self.decision,
        }


@dataclass(frozen=True)
class Question:
    """Something the file does not say and we do not guess. The answer goes into the hint named by ``code``."""

    code: str
    column: str | None
    message: Message
    choices: list[tuple[str, Message]]
    suggested: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "column": self.column,
            "message": self.message.to_dict(),
            "suggested": self.suggested,
            "choices": [{"value": value, "message": message.to_dict()} for value, message in self.choices],
        }


@dataclass(frozen=True)
class ColumnMap:
    """How a column of the file was understood. ``how``: name, guess, hint, logger, combined, flag or ignored."""

    header: str
    index: int
    column: str | None
    how: str
    unit: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return {"header": self.header, "index": self.index, "column": self.column, "how": self.how, "unit": self.unit}


@dataclass(frozen=True)
class Repair:
    """A published value that is not the measured one. ``row`` None: the same was done to the whole column."""

    row: int | None
    column: str
    measured: str
    published: str | None
    code: str

    def to_dict(self) -> dict[str, Any]:
        return {
            "row": self.row,
            "column": self.column,
            "measured": self.measured,
            "published": self.published,
            "code": self.code,
        }


class Log:
    """Collects findings, repairs and questions of one check and knows the person's decisions.

    Where the protocol does not reveal its rows, what comes out of a row is taken away here, whoever adds it.
    """

    def __init__(self, hints: Hints, *, reveals_rows: bool = True, row_repairs: bool = True) -> None:
        self.hints = hints
        self.reveals_rows = reveals_rows
        self._row_repairs = row_repairs
        self.findings: list[Finding] = []
        self.questions: list[Question] = []
        self.repairs: list[Repair] = []
        self._listed: Counter[str] = Counter()
        self._last: dict[str, Finding] = {}

    def decision(self, code: str, choices: list[str]) -> str | None:
        """What the person decided for this code, if it is one of the choices. Who takes suggestions leaves out what has
        none."""
        choice = self.hints.decisions.get(code)
        if choice == TAKE and TAKE not in choices:
            choice = LEAVE_OUT
        return choice if choice in choices else None

    def add(self, code: str, severity: str, message: Message, **more: Any) -> str | None:
        """Add a finding; the decision that applies to it is returned."""
        choices = more.get("choices") or []
        decision = self.decision(code, choices)
        self._listed[code] += 1
        if self._listed[code] > LISTED:
            self._last[code].count += more.get("count", 1)
            return decision
        if not self.reveals_rows:
            message = veil.finding(code, message)
            more |= {"value": None, "suggestion": veil.suggestion(more.get("suggestion"))}
        finding = Finding(code, severity, message, decision=decision, **more)
        if finding.value is not None:
            finding.value = shown(finding.value)
        self.findings.append(finding)
        self._last[code] = finding
        return decision

    def withdraw(self, code: str, column: str) -> None:
        """Take back a finding about a column, because another one says more."""
        self.findings[:] = [one for one in self.findings if (one.code, one.column) != (code, column)]

    def ask(self, question: Question) -> None:
        if not self.reveals_rows:
            code = veil.asked(question.code, question.message)
            choices = [(value, veil.answer(code, value, message)) for value, message in question.choices]
            question = replace(question, message=veil.question(code, question.message), choices=choices)
        self.questions.append(question)

    def repair(self, row: int | None, column: str, measured: str, published: str | None, code: str) -> None:
        if row is not None and not self._row_repairs:
            return
        if not self.reveals_rows:
            measured, published = veil.repaired(row, code, measured, published)
        elif row is not None and published is None:
            # Repairs are published, and what a person typed where a value belongs may be anything.
            measured = veil.words(measured)
        self.repairs.append(Repair(row, column, measured, published, code))


@dataclass
class Surplus:
    """Where people stand in what is not read: columns and lines of the file, both as the file counts them. ``known``:
    whether they are the columns of the file itself, and not those of a table made from it. ``names_line``: the line of
    their names; ``header_line``: the last one before the rows, which may hold the units. ``width``: how
    many columns have names."""

    columns: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    known: bool = True
    names_line: int = 1
    header_line: int = 1
    width: int = 0

    def __bool__(self) -> bool:
        return bool(self.columns or self.lines)


@dataclass
class Report:
    protocol: str
    rows: int = 0
    columns: list[ColumnMap] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    clean: CleanTable | None = None
    repairs: list[Repair] = field(default_factory=list)
    understood: dict[str, Any] = field(default_factory=dict)
    first_rows: int | None = None
    surplus: Surplus = field(default_factory=Surplus)

    @property
    def partial(self) -> bool:
        """Whether only the beginning of the file was looked at."""
        return self.first_rows is not None and self.rows >= self.first_rows

    @property
    def ok(self) -> bool:
        """Nothing open: no question, no undecided error, and a table of the whole file."""
        return (
            not self.partial
            and self.clean is not None
            and not self.questions
            and not any(finding.open for finding in self.findings)
        )

    @property
    def counts(self) -> dict[str, int]:
        """How often each finding stands in the file, also beyond the listed ones."""
        total: Counter[str] = Counter()
        for finding in self.findings:
            total[finding.code] += finding.count
        return dict(total)

    def to_dict(self, preview: int = 20) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "protocol": self.protocol,
            "rows": self.rows,
            "partial": self.partial,
            "columns": [column.to_dict() for column in self.columns],
            "questions": [question.to_dict() for question in self.questions],
            "findings": [finding.to_dict() for finding in self.findings],
            "counts": self.counts,
            "repairs": [repair.to_dict() for repair in self.repairs[:LISTED]],
            "repairs_count": len(self.repairs),
            "understood": self.understood,
            "clean": self.clean.to_dict(preview) if self.clean else None,
        }


def shown(value: str, limit: int = 60) -> str:
    """A cell as it may be shown: short, on one line, without control characters."""
    line = "".join(c if c.isprintable() else " " for c in value[: limit + 1])
    return line if len(line) <= limit else line[:limit] + "…"
