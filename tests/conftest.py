"""How hard the generated tests try.

`fast`, the profile of `make test`, is modest, and its laws share a few worlds; `whole`, that of runs with the
slow tests, draws worlds for each law anew; `ci` tries long and at random, on demand.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings

_COMMON = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}

for name in ("fast", "whole"):
    settings.register_profile(name, derandomize=True, max_examples=12, **_COMMON)
settings.register_profile("ci", max_examples=150, print_blob=True, **_COMMON)
# Enough to know whether a mistake is caught; not to find its smallest form.
settings.register_profile(
    "planted", derandomize=True, max_examples=10, phases=[Phase.explicit, Phase.generate], **_COMMON
)


def pytest_configure(config: pytest.Config) -> None:
    """The profile that was asked for, or the one that fits the tests chosen."""
    fitting = "fast" if config.option.markexpr == "not slow" else "whole"
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", fitting))
