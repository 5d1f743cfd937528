"""The harness of the notebook tests: what it is to forbid is forbidden and written down."""

import subprocess
import sys

import pytest

from tests.lab import cut_off, environment


def ran(code, folder, before=()):
    return subprocess.run(
        [*before, sys.executable, "-S", "-c", f"import sitecustomize\n{code}"],
        env=environment(folder, "dark"), capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    "code",
    [
        "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)",
        "import socket; socket.getaddrinfo('example.invalid', 443)",
        "import urllib.request; urllib.request.urlopen('http://192.0.2.1/', timeout=1)",
    ],
    ids=["address", "name", "page"],
)
def test_python_reaches_no_other_host_and_the_attempt_is_written_down(code, tmp_path):
    done = ran(code, tmp_path)
    assert done.returncode == 1
    assert "The network is off" in done.stderr
    assert len((tmp_path / "asked.txt").read_text("utf-8").splitlines()) == 1


def test_python_reaches_itself(tmp_path):
    code = "import socket; s = socket.create_server(('127.0.0.1', 0)); socket.create_connection(s.getsockname()); print('met')"
    done = ran(code, tmp_path)
    assert done.stdout.strip() == "met"
    assert not (tmp_path / "asked.txt").exists()


@pytest.mark.skipif(not cut_off(), reason="this machine gives no process a network of its own (unshare, nsenter, ip)")
def test_a_network_of_its_own_has_nothing_but_the_loopback():
    lines = subprocess.run([*cut_off(), "cat", "/proc/net/dev"], capture_output=True, text=True, check=True).stdout
    assert [line.split(":")[0].strip() for line in lines.splitlines()[2:]] == ["lo"]
