"""DuckDB: meetings by a self-join on slot and cell, silences and drifts by window functions."""

from __future__ import annotations

import duckdb

from benchmarks.peers.found import arguments, write

# A cell is a cube of 500 m in space, so that neither 180 degrees nor the poles need a rule of their own.
_MEETINGS = """
with slots as (
    select mmsi, epoch(ts)::bigint // 600 as slot, avg(lat) as lat, arg_min(lon, ts) as lon, avg(sog) as sog
    from '{data}' group by all having avg(sog) < 2),
space as (
    select *, 6371008.8 * cos(radians(lat)) * cos(radians(lon)) as x,
        6371008.8 * cos(radians(lat)) * sin(radians(lon)) as y, 6371008.8 * sin(radians(lat)) as z
    from slots),
cells as (
    select *, floor(x / 500)::int as i, floor(y / 500)::int as j, floor(z / 500)::int as k from space),
around as (
    select c.*, i + di as ni, j + dj as nj, k + dk as nk
    from cells c, (values (-1), (0), (1)) l(di), (values (-1), (0), (1)) m(dj), (values (-1), (0), (1)) n(dk)
),
near as (
    select p.mmsi as a, q.mmsi as b, p.slot from around p
    join cells q on p.slot = q.slot and p.ni = q.i and p.nj = q.j and p.nk = q.k and p.mmsi < q.mmsi
    where (p.x - q.x) ** 2 + (p.y - q.y) ** 2 + (p.z - q.z) ** 2 <= 500 ** 2),
marked as (
    select *, slot - lag(slot, 1, -99) over (partition by a, b order by slot) > 4 as new from near),
runs as (select *, sum(new::int) over (partition by a, b order by slot) as run from marked)
select 'encounter', a, b, min(slot) * 600, max(slot) * 600 from runs group by a, b, run
having max(slot) - min(slot) >= 11
"""
_GAPS = """
with steps as (
    select mmsi, ts, lag(ts) over (partition by mmsi order by ts) as before from '{data}')
select 'gap', mmsi, null, epoch(before)::bigint, epoch(ts)::bigint from steps
where ts - before >= interval 12 hours
"""
_DRIFTS = """
with marked as (
    select mmsi, ts, sog <= 2 as slow,
        row_number() over (partition by mmsi order by ts)
        - row_number() over (partition by mmsi, sog <= 2 order by ts) as run from '{data}')
select 'loitering', mmsi, null, epoch(min(ts))::bigint, epoch(max(ts))::bigint from marked where slow
group by mmsi, run having max(ts) - min(ts) >= interval 4 hours
"""

if __name__ == "__main__":
    task, data, out = arguments()
    sql = {"meetings": _MEETINGS, "gaps": _GAPS, "drifts": _DRIFTS}[task]
    write(out, duckdb.connect().execute(sql.format(data=data)).fetchall())
