"""One program each: the same work by another tool. None of them is imported by Shiomi."""
