"""What can go wrong, in one sentence each: what, where, what to do."""

from __future__ import annotations

__all__ = [
    "BadParameter",
    "EngineError",
    "NothingRead",
    "PlanError",
    "ShiomiError",
    "StoreError",
    "Unreadable",
]


class ShiomiError(Exception):
    """Base of every error a person may see; its text is one sentence that says what to do."""


class Unreadable(ShiomiError):
    """A file could not be read at all, or not to its end."""

    def __init__(self, path: object, why: str, remedy: str) -> None:
        super().__init__(f"{path}: {why}; {remedy}")
        self.path, self.why, self.remedy = path, why, remedy


class NothingRead(ShiomiError):
    """No row of the input became a position."""


class BadParameter(ShiomiError):
    """A parameter is outside what it may be."""


class PlanError(ShiomiError):
    """Stages do not fit together: a table is missing, or the stages form a ring."""


class StoreError(ShiomiError):
    """A store is missing, unreadable, or of another version."""


class EngineError(ShiomiError):
    """A cluster cannot be reached, or could not do its work."""
