"""Sessions: an Apache Spark cluster, or Sail, which speaks the same API.

Nothing but `range`, `repartition` and `mapInArrow` is asked of either.
"""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from shiomi.engine.parcels import DONE, PARCEL_DDL
from shiomi.errors import EngineError

__all__ = ["Task", "accounts", "session"]

Task = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]

_SETTINGS = {
    # A shard is what it is: partitions are not joined by their size.
    "spark.sql.adaptive.enabled": "false",
    # A row is a table of up to some 40 MB; a batch of them must stay below 2 GiB.
    "spark.sql.execution.arrow.maxRecordsPerBatch": "16",
    # Tables are packed already.
    "spark.shuffle.compress": "false",
    "spark.shuffle.spill.compress": "false",
    "spark.ui.showConsoleProgress": "false",
}

_ANSWER_S = 10
"""How long a machine may take to accept a connection."""


@contextlib.contextmanager
def session(engine: str, master: str) -> Iterator[Any]:
    """A session of `spark` at a master, or of `sail`: at a server, or in this process where none is named.

    Raises:
        EngineError: its package or Java is not installed, or it does not answer.
    """
    try:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as e:
        raise EngineError(f"--engine {engine} needs more packages; install shiomi[{engine}]") from e
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    # The JVM of this process only gives out work: compiling it well takes longer than it ever runs.
    os.environ.setdefault("SPARK_SUBMIT_OPTS", "-XX:TieredStopAtLevel=1")
    with contextlib.ExitStack() as stack:
        if engine == "sail" and not master:
            master = stack.enter_context(_sail())
        _refuse_silence(engine, master)
        builder: Any = SparkSession.builder
        if master.startswith("sc://"):
            builder = builder.remote(master)
        else:
            if not shutil.which("java") and "JAVA_HOME" not in os.environ:
                raise EngineError(
                    "Spark needs Java 17 or newer, and there is none; install it, or set JAVA_HOME"
                )
            builder = builder.master(master or "local[*]").appName("shiomi")
            builder = builder.config("spark.log.level", "ERROR").config("spark.ui.enabled", "false")
        for name, value in _SETTINGS.items():
            builder = builder.config(name, value)
        try:
            spark = builder.getOrCreate()
        except (PySparkException, Py4JError, RuntimeError) as e:
            raise EngineError(f"{engine} at {master or 'local[*]'} does not answer: {_first_line(e)}") from e
        stack.callback(spark.stop)
        yield spark


def _refuse_silence(engine: str, master: str) -> None:
    """Ask first: the clients of both go on asking for minutes where nobody listens."""
    scheme, _, rest = master.partition("://")
    if scheme not in ("sc", "spark"):
        return
    why = ""
    for address in rest.partition("/")[0].split(","):
        host, _, port = address.rpartition(":")
        try:
            socket.create_connection((host, int(port)), timeout=_ANSWER_S).close()
        except (OSError, ValueError) as e:
            why = str(e)
        else:
            return
    raise EngineError(f"{engine} at {master} does not answer ({why}); start it, or check the URL")


@contextlib.contextmanager
def _sail() -> Iterator[str]:
    """A Sail server in this process."""
    try:
        from pysail.spark import SparkConnectServer
    except ImportError as e:
        raise EngineError("--engine sail needs one more package; install shiomi[sail]") from e
    os.environ.setdefault("RUST_LOG", "error")
    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    try:
        host, port = server.listening_address
        yield f"sc://{host}:{port}"
    finally:
        server.stop()


_spared = set[str]()
"""What this process need not look through any more; see `_Spared`."""


@dataclass(frozen=True)
class _Spared:
    """A task after which the worker has little to look through.

    Spark has a worker collect garbage after every task. What was imported and compiled never is any, and
    to look through it takes a quarter of a second, as long as many a task.
    """

    task: Task

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield from self.task(batches)
        kind = f"{type(self.task).__name__} {getattr(self.task, 'level', '')}"
        if kind not in _spared:
            _spared.add(kind)
            gc.collect()
            gc.freeze()


def _by_shard(rows: Any, shards: int) -> Any:
    """Rows of one shard brought together; where the engine can, no two shards in one partition."""
    # Sail has the method, as it has Spark's client, but not what it asks for.
    is_spark = type(rows).__module__.startswith("pyspark.sql.classic")
    if is_spark and hasattr(rows, "repartitionById"):
        return rows.repartitionById(shards, "shard")
    return rows.repartition(shards, "shard")


def accounts(spark: Any, tasks: Sequence[Task], items: int, shards: int) -> pa.Table:
    """Run `tasks` one after the other, the first over the numbers 0 to `items`, and give all accounts.

    Before every later task rows of one shard are brought together.

    Raises:
        EngineError: a task failed as often as the engine tries.
    """
    rows = spark.range(0, items, 1, items).mapInArrow(_Spared(tasks[0]), PARCEL_DDL)
    for task in tasks[1:]:
        rows = _by_shard(rows, shards).mapInArrow(_Spared(task), PARCEL_DDL)
    try:
        table = rows.toArrow()
    except _failures() as e:
        raise EngineError(f"a task of the cluster failed: {_cause(e)}; its log says more") from e
    if table.num_rows and set(table["level"].to_pylist()) != {DONE}:
        raise EngineError("the cluster gave rows back that no task had taken; please report this")
    return table


def _failures() -> tuple[type[BaseException], ...]:
    """What the engines raise; a session of another make, in one process, raises what its tasks do."""
    try:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException
    except ImportError:
        return ()
    return PySparkException, Py4JError


def _first_line(e: BaseException) -> str:
    return (str(e).strip().splitlines() or [type(e).__name__])[0][:300]


def _cause(e: BaseException) -> str:
    """The last line that looks like an exception of Python, which is what a task raised."""
    lines = [line.strip() for line in str(e).splitlines() if ": " in line and not line.startswith(" ")]
    raised = [
        line
        for line in lines
        if line.split(":")[0].rsplit(".", 1)[-1].endswith(("Error", "Exception", "Unreadable"))
    ]
    return (raised or lines or [type(e).__name__])[-1][:300]
