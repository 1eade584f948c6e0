"""Speed and recall beside other tools, on data made here; see docs/speed.md."""
