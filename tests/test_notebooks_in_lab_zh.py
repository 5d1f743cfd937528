"""Every Chinese notebook, run in a real JupyterLab with the dark theme, on a system that prefers light."""

import pytest

pytest.register_assert_rewrite("tests.lab_checks")

from tests.lab_checks import InLab  # noqa: E402

pytestmark = pytest.mark.slow


class TestChinese(InLab):
    lang = "zh"
    theme = "dark"
    system = "light"
