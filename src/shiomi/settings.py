"""Parameters as a person gives them: `gap.min_silence_s=21600`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from shiomi.errors import BadParameter

__all__ = ["with_settings"]

T = TypeVar("T")


def with_settings(stages: Sequence[T], settings: Iterable[str]) -> list[T]:
    """The stages with some parameters changed.

    Args:
        stages: frozen dataclasses with a `name`.
        settings: texts of the form `stage.parameter=whole number`.

    Raises:
        BadParameter: the text has another form, or no stage has that parameter.
    """
    changed: dict[str, Any] = {getattr(s, "name"): s for s in stages}  # noqa: B009
    for text in settings:
        path, _, value = text.partition("=")
        name, _, parameter = path.strip().partition(".")
        stage = changed.get(name)
        if stage is None:
            raise BadParameter(f"{text!r}: there is no detector {name!r}; there are {', '.join(changed)}")
        known = {f.name for f in fields(stage)} if is_dataclass(stage) else set()
        if parameter not in known:
            raise BadParameter(
                f"{text!r}: {name} has no parameter {parameter!r}; it has {', '.join(sorted(known))}"
            )
        try:
            changed[name] = replace(stage, **{parameter: int(value)})
        except ValueError as e:
            raise BadParameter(
                f"{text!r}: {value!r} is not a whole number; parameters are in whole units"
            ) from e
    return list(changed.values())
