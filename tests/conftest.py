"""Property tests try the same examples in every run; ``make fuzz`` tries others."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("repeatable", derandomize=True, database=None)
settings.register_profile("fuzz", suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))
