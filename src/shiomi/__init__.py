"""Shiomi (潮見): an open maritime watch, from ship positions to findings that carry their evidence."""

from __future__ import annotations

__all__ = ["__version__"]
__version__ = "0.1.0"
