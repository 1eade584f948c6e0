"""pyarrow: a bare scan of five columns, the least that any job can cost."""

from __future__ import annotations

import pyarrow.parquet as pq

from benchmarks.peers.found import arguments, write

if __name__ == "__main__":
    _, data, out = arguments()
    file = pq.ParquetFile(data)
    columns = ["mmsi", "ts", "lat", "lon", "sog"]
    rows = sum(b.num_rows for b in file.iter_batches(batch_size=1_000_000, columns=columns))
    write(out, [("rows", rows)])
