"""How hard the generated tests try: modest and repeatable by default, long and at random on demand."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

_COMMON = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}

settings.register_profile("fast", derandomize=True, max_examples=12, **_COMMON)
settings.register_profile("ci", max_examples=150, print_blob=True, **_COMMON)
# Enough to know whether a mistake is caught; not to find its smallest form.
settings.register_profile(
    "planted", derandomize=True, max_examples=10, phases=[Phase.explicit, Phase.generate], **_COMMON
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))
