"""Afar: the engine of `watch` that has a cluster read and detect.

What is learned, judged and written down is small beside the positions, and is done here, by the same
functions as on one machine. The store lies in a folder that all machines see.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from shiomi.engine.distributed import Cluster, detect, read_files
from shiomi.engine.local import Running
from shiomi.engine.parcels import Piece, pieces_of
from shiomi.engine.spark import session
from shiomi.events.store import append_table, parquet_files, read_table
from shiomi.events.tables import adopt_files
from shiomi.job import NEVER, Detected, Engine, Job, Read, refuse_nothing
from shiomi.sources.claims import merge_claims
from shiomi.sources.fields import load_mapping
from shiomi.tracks.seen import Seen, nothing_seen

__all__ = ["afar", "working_on"]


def afar(engine: str, master: str = "") -> Engine:
    """The engine for `watch` that works on a cluster.

    Args:
        engine: `spark` or `sail`.
        master: where it is, such as `spark://host:7077` or `sc://host:50051`; empty for this machine.
    """

    return working_on(lambda: session(engine, master))


def working_on(reach: Callable[[], AbstractContextManager[Any]]) -> Engine:
    """The engine for `watch` that works on the session which `reach` opens."""

    def run(job: Job) -> Detected:
        # Workers may start in another folder than this process did.
        store = job.store.resolve()
        folder = Cluster(None, store).folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            job.progress("reaching the cluster", -1.0)
            with reach() as spark:
                return _run(job, Cluster(spark, store))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    return run


def _run(job: Job, cluster: Cluster) -> Detected:
    store, options = job.store, job.options
    mapping = load_mapping(options.mapping) if options.mapping else None
    known = [f["source_id"] for f in job.run.get("files", [])]
    job.progress("reading on the cluster", -1.0)
    inputs = [p.absolute() for p in job.inputs]
    files, reading = read_files(cluster, inputs, known, mapping, options.first_t, options.now_t)
    rejects = pa.concat_tables(reading.rejects) if reading.rejects else None
    if rejects is not None and rejects.num_rows:
        append_table(store, "rejects", rejects)
    claims = merge_claims([read_table(store, "particulars"), *reading.particulars])
    append_table(store, "particulars", claims, "overwrite")
    read = Read(reading.tally, files, reading.problems)
    refuse_nothing(job, read, reading.first_t)

    last = job.checkpoint()
    is_late = reading.first_t is not None and reading.first_t < job.watched_to
    pieces = reading.pieces
    if job.watched_to != NEVER and (is_late or last is None):
        pieces = [*_stored(store), *pieces]
        last = None
    last = last or Running(job.stages)
    is_fresh = last.watermark == NEVER
    seen = nothing_seen() if is_fresh else Seen(read_table(store, "tracks"), read_table(store, "reception"))
    end = max(NEVER if reading.last_t is None else reading.last_t + 1, options.until or NEVER, job.watched_to)
    job.progress("detecting on the cluster", -1.0)
    found = detect(cluster, pieces, sum(p.rows for p in pieces), end, last, seen)
    if found.positions:
        adopt_files(store, "positions", found.positions, "overwrite" if is_fresh else "append")
    return Detected(read, found.events, found.seen, found.repeats, found.running, is_fresh)


def _stored(store: Path) -> list[Piece]:
    """The positions of a store, where they lie."""
    pieces = list[Piece]()
    for file in parquet_files(store, "positions"):
        about = pq.read_metadata(file)
        groups = [about.row_group(i).num_rows for i in range(about.num_row_groups)]
        pieces += pieces_of(str(Path(file).resolve()), "rows/positions", groups)
    return pieces
