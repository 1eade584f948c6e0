"""On a real cluster, of separate processes: the same events, a worker killed or not."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from conftest import World
from shiomi.events.store import newest_events, read_run

SCRIPT = Path(__file__).parents[2] / "scripts" / "cluster.sh"
NO_SPARK = "pyspark is not installed (make cluster)" if not importlib.util.find_spec("pyspark") else ""
NO_SAIL = "pysail is not installed (make cluster)" if not importlib.util.find_spec("pysail") else NO_SPARK
NO_JAVA = NO_SPARK or ("" if shutil.which("java") else "there is no Java (Debian: openjdk-17-jre-headless)")
LONG_ENOUGH_S = 600

pytestmark = pytest.mark.slow


class Cluster(NamedTuple):
    """A master and two workers."""

    master: str
    folder: Path

    def script(self, *words: str) -> str:
        return run_script(self.folder, *words)


def run_script(folder: Path, *words: str) -> str:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    about = {
        "SHIOMI_CLUSTER": str(folder),
        "SHIOMI_CLUSTER_PORT": str(port),
        "SHIOMI_CLUSTER_PYTHON": sys.executable,
        "SHIOMI_CLUSTER_MEMORY": "1g",
    }
    done = subprocess.run(["bash", SCRIPT, *words], env=os.environ | about, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    try:
        yield Cluster(run_script(folder, "start", "2"), folder)
    finally:
        run_script(folder, "stop")


def watching(store: Path, world: World, *words: str) -> subprocess.Popen[str]:
    """The command as people type it, in a process of its own."""
    shiomi = Path(sys.executable).with_name("shiomi")
    return subprocess.Popen(
        [shiomi, "watch", world.file, "--store", store, "--no-map", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process: subprocess.Popen[str]) -> None:
    try:
        _, said = process.communicate(timeout=LONG_ENOUGH_S)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        raise
    assert process.returncode == 0, said


def assert_same_events(store: Path, world: World) -> None:
    assert newest_events(store).equals(world.report.events)
    assert read_run(store)["events_digest"] == world.report.digest


@pytest.mark.skipif(bool(NO_SAIL), reason=NO_SAIL)
def test_sail_finds_the_events_of_one_machine(world: World, tmp_path: Path) -> None:
    finished(watching(tmp_path, world, "--engine", "sail"))

    assert_same_events(tmp_path, world)


@pytest.mark.skipif(bool(NO_JAVA), reason=NO_JAVA)
def test_spark_finds_the_events_of_one_machine(world: World, cluster: Cluster, tmp_path: Path) -> None:
    finished(watching(tmp_path, world, "--engine", "spark", "--master", cluster.master))

    assert_same_events(tmp_path, world)


@pytest.mark.skipif(bool(NO_JAVA), reason=NO_JAVA)
def test_a_worker_killed_in_the_middle_changes_nothing(
    world: World, cluster: Cluster, tmp_path: Path
) -> None:
    process = watching(tmp_path, world, "--engine", "spark", "--master", cluster.master)
    until = time.monotonic() + LONG_ENOUGH_S
    while not list((tmp_path / ".shared").glob("outcome-1-*")):  # the first shard is done
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.01)

    cluster.script("kill-worker", "1")
    assert process.poll() is None, "the job was over before the worker was killed"
    finished(process)

    assert_same_events(tmp_path, world)
    assert "Removing worker" in (cluster.folder / "master.log").read_text()


@pytest.mark.skipif(bool(NO_SPARK), reason=NO_SPARK)
def test_a_master_that_is_not_there_is_told_in_one_sentence(world: World, tmp_path: Path) -> None:
    process = watching(tmp_path, world, "--engine", "sail", "--master", "sc://127.0.0.1:1")
    _, said = process.communicate(timeout=LONG_ENOUGH_S)

    assert process.returncode == 2
    assert "shiomi: sail at sc://127.0.0.1:1 does not answer" in said
    assert "Traceback" not in said
