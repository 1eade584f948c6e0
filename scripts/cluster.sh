#!/usr/bin/env bash
# A standalone Spark cluster of separate processes on this machine: one master, and workers of one core each.
#
#   scripts/cluster.sh start [WORKERS]   print the URL of the master when all workers have joined
#   scripts/cluster.sh kill-worker N     end worker N at once, as a machine that fails does
#   scripts/cluster.sh stop
#
# Process ids and logs lie in $SHIOMI_CLUSTER (out/cluster). On other machines the same two commands, with
# the address of the master in place of 127.0.0.1, make a real cluster; docs/cluster.md tells the rest.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${SHIOMI_CLUSTER:-out/cluster}
port=${SHIOMI_CLUSTER_PORT:-7177}
memory=${SHIOMI_CLUSTER_MEMORY:-2g}
python=${SHIOMI_CLUSTER_PYTHON:-$PWD/.venv/bin/python}

spark_class() { # NAME CLASS [ARGUMENT...]: begin a process, keep its id
    local name=$1
    shift
    setsid "$spark_home/bin/spark-class" "$@" >"$folder/$name.log" 2>&1 </dev/null &
    echo $! >"$folder/$name.pid"
}

await() { # FILE TEXT TIMES: until the text has come up so often in the log
    for _ in $(seq 300); do
        [ "$(grep -c "$2" "$1" 2>/dev/null || true)" -ge "$3" ] && return
        sleep 0.2
    done
    echo "cluster.sh: no '$2' in $1 after a minute" >&2
    exit 1
}

case ${1:-} in
start)
    workers=${2:-2}
    command -v java >/dev/null || { echo "cluster.sh: Spark needs Java 17 (Debian: openjdk-17-jre-headless)" >&2; exit 1; }
    spark_home=$("$python" -c 'import pathlib, pyspark; print(pathlib.Path(pyspark.__file__).parent)')
    export SPARK_HOME=$spark_home PYSPARK_PYTHON=$python SPARK_NO_DAEMONIZE=1 SPARK_LOCAL_IP=127.0.0.1
    # All JVMs of it only pass bytes on: compiling them well takes longer than most jobs last.
    export JDK_JAVA_OPTIONS=${JDK_JAVA_OPTIONS--XX:TieredStopAtLevel=1}
    mkdir -p "$folder/work"
    folder=$(cd "$folder" && pwd)
    spark_class master org.apache.spark.deploy.master.Master --host 127.0.0.1 --port "$port" --webui-port 0
    await "$folder/master.log" "New state: ALIVE" 1
    for i in $(seq "$workers"); do
        spark_class "worker-$i" org.apache.spark.deploy.worker.Worker --host 127.0.0.1 --webui-port 0 \
            --cores 1 --memory "$memory" --work-dir "$folder/work" "spark://127.0.0.1:$port"
    done
    await "$folder/master.log" "Registering worker" "$workers"
    echo "spark://127.0.0.1:$port"
    ;;
kill-worker)
    # The worker and what it began: its executor is a child of its own session.
    kill -9 -- "-$(cat "$folder/worker-$2.pid")"
    ;;
stop)
    for file in "$folder"/*.pid; do
        [ -e "$file" ] || continue
        kill -- "-$(cat "$file")" 2>/dev/null || true
        rm -f "$file"
    done
    ;;
*)
    sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
