"""aiscat and pyais: every message of an NMEA log, counted as it is decoded.

aiscat is under the GPL: it runs here, in a program of its own, and nowhere else.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.peers.found import arguments, write


def _aiscat(data: Path) -> int:
    import aiscat

    return sum(1 for _ in aiscat.from_file(str(data)))


def _pyais(data: Path) -> int:
    from pyais.exceptions import AISBaseException
    from pyais.stream import FileReaderStream

    n = 0
    for message in FileReaderStream(str(data)):
        try:
            message.decode().asdict()
            n += 1
        except AISBaseException:
            continue
    return n


if __name__ == "__main__":
    task, data, out = arguments()
    write(out, [("messages", {"aiscat": _aiscat, "pyais": _pyais}[task](data))])
