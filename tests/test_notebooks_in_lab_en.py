"""Every English notebook, run in a real JupyterLab with the light theme, on a system that prefers dark."""

import pytest

pytest.register_assert_rewrite("tests.lab_checks")

from tests.lab_checks import InLab  # noqa: E402

pytestmark = pytest.mark.slow


class TestEnglish(InLab):
    lang = "en"
    theme = "light"
    system = "dark"
