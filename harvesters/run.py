"""One run of a feed: stations through ckanext-harvest, then readings in batches (only `harvesters/` imports this).

The run is leased: whoever claims it may write until the lease passes, renewed while files come in. Its cursor moves in
the same transaction as the readings, so a run that was killed goes on where its last batch ended. Answers that are the
same as in the last run are not read again, and a run of a feed that has nothing new changes nothing.
"""

from __future__ import annotations

import copy
import hashlib
import logging
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckanext.harvest import queue
from ckanext.harvest.model import HarvestGatherError, HarvestJob, HarvestObject, HarvestSource
from ckanext.steamcity.readings import Readings
from sqlalchemy.exc import DBAPIError

from . import config, dataset, feeds, pauses, push, secrets, stages
from .ahead import ahead, alone, undisturbed
from .feeds import reader, streams
from .feeds.gaps import MOST_GAPS, Gaps
from .feeds.unread import Unread
from .source import open_source
from .stages import Fenced

log = logging.getLogger(__name__)

#: A batch ends with the file that reaches one of these.
BATCH_READINGS = 50_000
BATCH_SECONDS = 60.0
#: What was given up that is still told, the newest.
_MOST_GIVEN_UP = 50
#: Digests of answers that are kept for the next run, the newest ones.
_MOST_STORED = 5_000
#: Seconds of waiting for the source after which a lease is renewed, far below its length.
_RENEW_SECONDS = 20.0
#: Seconds before each try to write down how a run ended.
_PATIENCE = (0, 1, 2, 5, 10, 20)


def run(source_id: str) -> dict[str, Any]:
    """Run a feed to its end. Never raises for what a source or the database does; says how it went."""
    source: Any = HarvestSource.get(source_id)
    if source is None or source.type != config.SOURCE_TYPE:
        raise tk.ObjectNotFound(tk._("There is no such feed."))
    if pauses.since(source_id):
        return {"state": "paused"}
    if push.feed(source_id):
        return push.tidy(source)
    claimed = _call("steamcity_run_claim", feed=source_id)
    if claimed is None:
        return {"state": "busy"}
    key = {"run_id": claimed["id"], "attempt": claimed["attempt"]}
    try:
        notes = claimed["cursor"].setdefault("notes", {streams.OLDER: True})
        present = _stations(source_id, notes, lambda: _call("steamcity_run_renew", **key))
        with undisturbed():
            _read(HarvestSource.get(source_id), claimed, present)
        source = HarvestSource.get(source_id)
        dataset.refresh(source, dataset.feed_of(source))
        close_jobs(source_id)
        _call("steamcity_run_finish", **key)
    except Fenced:
        log.warning("Run %s of feed %s was taken over by another worker", claimed["id"], source_id)
        return {"state": "taken over"}
    except Exception as error:  # noqa: BLE001  the run must be closed, whatever happened
        log.exception("Run %s of feed %s failed", claimed["id"], source_id)
        return _failed(source_id, key, stages.describe(error))
    return {"state": "finished"}


def _failed(source_id: str, key: dict[str, Any], reason: dict[str, Any]) -> dict[str, Any]:
    """Close the run with its reason. A database that restarts is waited for; one that stays away leaves the run to
    the watchdog, which takes it up when its lease has passed."""
    for pause in _PATIENCE:
        time.sleep(pause)
        try:
            model.Session.rollback()
            close_jobs(source_id)
            _call("steamcity_run_finish", error=reason, **key)
            break
        except Fenced:
            break
        except DBAPIError:
            log.warning("The end of run %s could not be written yet", key["run_id"])
    return {"state": "failed", "reason": reason}


def _call(action: str, **parameters: Any) -> Any:
    try:
        return tk.get_action(action)({"ignore_auth": True}, parameters)
    except tk.ValidationError as error:
        if "run" in error.error_dict:
            raise Fenced from error
        raise


def _stations(source_id: str, notes: dict[str, Any], renew: Callable[[], object]) -> frozenset[str] | None:
    """Gather and import, as ckanext-harvest's queue would, in this process. Returns the stations that are there. The
    lease is renewed while the source is waited for and between stations."""
    close_jobs(source_id)
    dataset.tell(HarvestSource.get(source_id))
    job: Any = model.Session.query(HarvestJob).filter_by(source_id=source_id, status="New").first()
    if job is None:
        job = HarvestJob(source_id=source_id)
    job.status = "Running"
    job.save()
    harvester = stages.FeedStages()
    harvester.notes, harvester.wait = notes, partial(alone, seconds=_RENEW_SECONDS, meanwhile=renew)
    renewed = time.monotonic()
    for identifier in queue.gather_stage(harvester, job) or []:
        queue.fetch_and_import_stages(harvester, HarvestObject.get(identifier))
        if time.monotonic() - renewed > _RENEW_SECONDS:
            renew()
            renewed = time.monotonic()
    if harvester.refusal:
        raise harvester.refusal
    return harvester.present


def close_jobs(source_id: str) -> None:
    """Finish every running job of the source: we hold its run, so nobody else is working on it."""
    running: list[Any] = model.Session.query(HarvestJob).filter_by(source_id=source_id, status="Running").all()
    for job in running:
        waiting: Any = model.Session.query(HarvestObject).filter(
            HarvestObject.harvest_job_id == job.id, HarvestObject.state.not_in(("COMPLETE", "ERROR"))
        )
        interrupted = 0
        for found in waiting:
            found.state, found.report_status = "ERROR", "errored"
            interrupted += 1
        job.status = "Finished"
        job.finished = datetime.utcnow()  # noqa: DTZ003  as ckanext-harvest writes it
        model.Session.commit()
        if interrupted or job.gather_finished is None:
            HarvestGatherError.create(message=tk._("The job was interrupted; the next one goes on."), job=job)


@dataclass
class _Batch:
    """What one transaction writes; ``cursor`` says how far the source has been read with it."""

    readings: list[feeds.Reading] = field(default_factory=list)
    packed: Readings | None = None  # the readings once all are there
    stations: list[tuple[dict[str, Any], datetime]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    cursor: dict[str, Any] = field(default_factory=dict)
    begun: float = field(default_factory=time.monotonic)

    def count(self, name: str, number: int = 1) -> None:
        if number:
            self.counts[name] = self.counts.get(name, 0) + number

    @property
    def full(self) -> bool:
        return len(self.readings) >= BATCH_READINGS or time.monotonic() - self.begun > BATCH_SECONDS


def _read(source: Any, claimed: dict[str, Any], present: frozenset[str] | None) -> None:
    """Read what the source has and write it, batch by batch; the next one is read while the database works."""
    key = {"run_id": claimed["id"], "attempt": claimed["attempt"]}
    reading = _Reading(source, claimed["cursor"], present)
    for batch in ahead(reading.batches(), _RENEW_SECONDS, lambda: _call("steamcity_run_renew", **key)):
        _call(
            "steamcity_observation_ingest",
            **key,
            feed=reading.feed,
            readings=batch.packed,
            stations=batch.stations,
            cursor=batch.cursor,
            counts=batch.counts,
        )


class _Reading:
    """What a run reads. All that needs CKAN is asked for at the start: the batches are made in a thread that has none
    of it."""

    def __init__(self, source: Any, cursor: dict[str, Any], present: frozenset[str] | None) -> None:
        self.cursor = cursor
        self.feed = dataset.feed_of(source)
        settings = config.read(source.config)
        self.adapter = settings.adapter
        self.source = open_source(source.url, settings, secrets.secret(source.id), notes=cursor["notes"])
        self.unread = Unread(cursor.get("unread", []), self.source.now.date())
        self.given_up: list[dict[str, str]] = cursor.get("given_up", [])
        self.given_up_count: int = cursor.get("given_up_count", len(self.given_up))
        self.silence: feeds.Unreachable | None = None
        self.answered = False
        self.after: list[str] = cursor.get("after", [])
        self.places: dict[tuple[str, str], feeds.Site] = {}
        # "after" is there when the run goes on, not when it begins.
        self.checksum: str = cursor.get("checksum", "") if "after" in cursor else ""
        self.stored = frozenset(cursor.get("stored", []))
        self.taken: list[str] = []
        self.gaps = Gaps(cursor.get("rhythms"))
        self.gone = self._gone(present)
        newest = _call("steamcity_feed_known", feed=self.feed["feed_id"])["newest"]
        self.known = feeds.Known(
            newest={sensor: datetime.fromisoformat(moment) for sensor, moment in newest.items()},
            asked_before=frozenset(cursor.get("sensors", [])),
            now=self.source.now,
        )
        self.batch = _Batch()

    def _gone(self, present: frozenset[str] | None) -> dict[str, str]:
        """Stations the source has no more, each with the day that was first seen. They stay, with all they have."""
        former: dict[str, str] = self.cursor.get("gone", {})
        if present is None:
            return former
        gone = _call("steamcity_station_gone", feed=self.feed["feed_id"], present=sorted(present))
        today = self.source.now.date().isoformat()
        return {station: former.get(station, today) for station in gone}

    def batches(self) -> Generator[_Batch, None, None]:
        try:
            for piece in reader.read(self.adapter, self.source, self._files(), self.stored, self._again()):
                self._take(piece)
                if self.batch.full:
                    yield self._ready()
            # One trouble is nothing yet; the same in every run, and nothing else, is a source in trouble.
            if self.silence and not self.answered and self.unread.most_tries >= reader.MOST_TROUBLES:
                raise self.silence
        except feeds.Unreachable:
            yield self._ready()  # what came before the source fell silent
            raise
        yield self._ready(done=True)

    def _files(self) -> Iterator[feeds.FeedFile]:
        """What the cursors leave: in order, each once, less what waits with what could not be read."""
        for file in self.adapter.files(self.source, self.known):
            behind = self.adapter.ordered and [file.day.isoformat(), file.path] <= self.after
            if not behind and not self.unread.waits(file):
                yield file

    def _again(self) -> Iterator[feeds.FeedFile]:
        for file in self.unread.give_up():
            self._give_up(file)
        yield from self.unread.again(self.adapter)

    def _give_up(self, file: feeds.FeedFile) -> None:
        log.warning("A file of feed %s of %s is given up", self.feed["feed_id"], file.day)
        self.batch.count("files_given_up")
        told = {"sensor": file.sensor, "day": file.day.isoformat(), "given_up": self.source.now.date().isoformat()}
        self.given_up = [*self.given_up, told][-_MOST_GIVEN_UP:]
        self.given_up_count += 1

    def _take(self, piece: reader.Piece) -> None:
        file = piece.file
        self.answered = self.answered or not isinstance(piece.reason, feeds.Unreachable)
        if piece.trouble == "unread":
            self._miss(piece)
        elif not piece.report.more:
            self.unread.read(file)
        if piece.last and piece.of and not (piece.trouble == "unread" and piece.of == file):
            self.unread.read(piece.of)  # not before its last page: a run that is killed between begins it anew
        if piece.digest:
            self.taken.append(piece.digest)
        if piece.trouble:
            self.batch.count(f"files_{piece.trouble}")
        elif piece.unchanged:
            self.batch.count("files_unchanged")
        else:
            self.checksum = hashlib.sha256(f"{self.checksum}\n{file.path}\n{piece.sha256}".encode()).hexdigest()
            self._keep(file, piece.report, piece.readings)
        if self.adapter.ordered:
            self.after = max(self.after, [file.day.isoformat(), file.path])

    def _miss(self, piece: reader.Piece) -> None:
        if isinstance(piece.reason, feeds.Unreachable):
            self.silence = piece.reason
        log.warning("A file of feed %s could not be read: %s", self.feed["feed_id"], piece.reason)
        if not self.unread.failed(piece.file, asked=piece.asked):
            self._give_up(piece.file)

    def _keep(self, file: feeds.FeedFile, report: feeds.FileReport, readings: list[feeds.Reading]) -> None:
        for location, site in report.sites.items():
            former = self.places.get((location, file.sensor))
            if former is None or former[:2] != site[:2]:
                station = self.adapter.describe(location, site, report.datastreams)
                self.batch.stations.append((station.to_dict(), site.since))
                self.places[location, file.sensor] = site
        self.gaps.add(readings)
        self.batch.readings += readings
        self.batch.count("files")
        self.batch.count("rows", report.rows)
        self.batch.count("readings", report.readings)
        self.batch.count("missing", report.missing)
        for reason, number in report.refused.items():
            self.batch.count(f"refused_{reason}", number)

    def _ready(self, *, done: bool = False) -> _Batch:
        """The batch with what was read since the last one, and how far that was."""
        cursor: dict[str, Any] = {
            "unread": self.unread.entries, "given_up": self.given_up, "given_up_count": self.given_up_count,
            "gone": self.gone, "checksum": self.checksum, "notes": copy.deepcopy(self.source.notes),
        }  # fmt: skip
        told = ("sensors", "stored", "gaps", "gap_count", "silent", "silent_count", "rhythms")
        former = {name: self.cursor[name] for name in told if name in self.cursor}
        if done:
            cursor |= {"sensors": list(self.source.sensors), "stored": self.taken[-_MOST_STORED:]} | self._gaps(former)
        else:
            # A run that goes on after this batch must still know what the last finished one asked for and took.
            cursor |= former | {"after": self.after}
        ready, self.batch = self.batch, _Batch()
        ready.cursor = cursor
        ready.packed, ready.readings = Readings.of(ready.readings), []  # while the database has another batch to write
        return ready

    def _gaps(self, former: dict[str, Any]) -> dict[str, Any]:
        """What the end of a run tells about gaps. Where nothing new was read, what the last run found missing is still
        missing."""
        self.gaps.end()
        counts = self.gaps.counts()
        # One that is gone is silent for ever, and said to be gone.
        silent = [one for one in self.gaps.silent(self._until(), self.known.newest) if one["station"] not in self.gone]
        for name, number in (counts | {"sensors_silent": len(silent)}).items():
            self.batch.count(name, number)
        told = {"silent": silent[:MOST_GAPS], "silent_count": len(silent), "rhythms": self.gaps.rhythms}
        if self.gaps.got:
            return told | {"gaps": self.gaps.found, "gap_count": counts["gaps"]}
        return {name: former[name] for name in ("gaps", "gap_count") if name in former} | told

    def _until(self) -> datetime:
        """Up to when a source that is well must have given what it has."""
        now, last = self.source.now - self.adapter.behind, self.source.last_day
        return now if last >= now.date() else datetime.combine(last + timedelta(days=1), datetime.min.time(), UTC)
