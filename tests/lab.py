"""JupyterLab as an analyst opens it: a real server, headless Chromium, and a record of whatever is asked of another host.

Where the kernel of the machine allows it (``unshare``), server, kernels and browser run in a network of their own that has nothing but
the loopback; everywhere the browser resolves no name, and every Python process refuses to connect to another host and writes it down.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from importlib.util import find_spec

import nbformat

from mining.notebooks import NAMES, edition
from mining.texts import LANGUAGES
from tests.helpers import ROOT

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
ABSENT = next(
    (f"{name} is not installed" for name, there in (
        ("Chromium", CHROMIUM), ("JupyterLab", find_spec("jupyterlab")), ("Playwright", find_spec("playwright")),
    ) if not there), "",
)  # fmt: skip
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-quic", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
]
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
PATIENCE = 600  # seconds for a whole notebook, on a machine that has other work
GUARD = '''
"""Every Python process of the test: connections to another host fail, and are written down."""
import os, socket, sys

HERE = {"127.0.0.1", "localhost", "::1", "0.0.0.0", "", None, socket.gethostname()}

def heard(event, arguments):
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host not in HERE:
        with open(os.environ["LAB_ASKED"], "a", encoding="utf-8") as file:
            file.write(f"{event} {host} {' '.join(sys.argv)[:200]}\\n")
        raise OSError(f"The network is off: {host}")

sys.addaudithook(heard)
'''


def write_notebooks(folder, extra=None):
    """All editions without outputs below a folder, and the sample logs beside them; ``extra`` gives more cells for a notebook."""
    for lang in LANGUAGES:
        for name in NAMES:
            notebook = edition(name, lang)
            more = (extra or {}).get(name, ())
            cells = [nbformat.v4.new_code_cell(text, id=f"more-{k}") for k, text in enumerate(more)]
            notebook.cells.extend(cells)
            path = folder / place(name, lang)
            path.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(notebook, path)
    (folder / "sample_logs").symlink_to(ROOT / "sample_logs")


def place(name, lang):
    """Where an edition lies, seen from the root."""
    return f"notebooks/{name}.ipynb" if lang == "en" else f"notebooks/{lang}/{name}.ipynb"


def environment(folder, theme):
    """Environment of a server that reads no settings of whoever runs the tests, and asks for no news."""
    settings = {
        "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
        "@jupyterlab/apputils-extension:themes": {"theme": THEMES[theme], "adaptive-theme": False},
        "@jupyterlab/notebook-extension:tracker": {"recordTiming": True},
    }
    overrides = folder / "config/labconfig/default_setting_overrides.json"
    guard = folder / "guard/sitecustomize.py"
    for path, text in ((overrides, json.dumps(settings)), (guard, GUARD)):
        path.parent.mkdir(parents=True)
        path.write_text(text, "utf-8")
    folders = {
        "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces", "IPYTHONDIR": "ipython",
        "LAB_ASKED": "asked.txt",
    }  # fmt: skip
    own = {name: str(folder / where) for name, where in folders.items()}
    paths = {"PYTHONPATH": os.pathsep.join([str(guard.parent), str(ROOT)]), "JUPYTER_NO_CONFIG": "", "JUPYTER_PATH": ""}
    return os.environ | own | paths | {"JUPYTER_PLATFORM_DIRS": "0"}


def cut_off():
    """The command before a command that gives it a network of its own with nothing but the loopback; empty where that is not allowed."""
    prefix = ["unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    if not (shutil.which("unshare") and shutil.which("nsenter") and shutil.which("ip")):
        return []
    return prefix if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0 else []


def free_port():
    """A port that nobody listens at."""
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return opened.getsockname()[1]


class Lab:
    """A running server and a browser."""

    def __init__(self, folder, url, browser, server):
        self.folder, self.url, self.browser, self.server = folder, url, browser, server

    def kernel_seconds(self):
        """Seconds of processor time that the kernels which run have used."""
        import psutil

        below = psutil.Process(self.server).children(recursive=True)
        return sum(sum(x.cpu_times()[:4]) for x in below if "ipykernel_launcher" in " ".join(x.cmdline()))

    def asked_by_python(self):
        """What a Python process asked of another host, a line each."""
        path = self.folder / "asked.txt"
        return path.read_text("utf-8").splitlines() if path.exists() else []

    @contextmanager
    def opened(self, path, *, way="lab", **more):
        """A notebook on a page; its kernel ends with it."""
        page = self.browser.new_page(viewport={"width": 1400, "height": 1000}, **more)
        notebook = Notebook(self, page, path)
        try:
            page.goto(f"{self.url}/{way}/tree/{path}?reset", timeout=120_000)
            page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=120_000)
            notebook.wait_for_kernel()
            yield notebook
        finally:
            with suppress(Exception):
                notebook.shut_down()
            page.close()


@contextmanager
def running_lab(folder, theme="light", *, options=()):
    """A server with all notebooks below the folder, and a browser that reaches nothing else."""
    from playwright.sync_api import sync_playwright

    before, port = cut_off(), free_port()
    command = [
        *(*before, sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1"),
        *(f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token="),
        *("--ServerApp.disable_check_xsrf=True", f"--ServerApp.root_dir={folder}"),
        *("--LabApp.extension_manager=readonly", "--ServerApp.terminals_enabled=False", *options),
    ]
    said = folder / "server.txt"
    with said.open("w", encoding="utf-8") as out:
        server = subprocess.Popen(command, env=environment(folder, theme), cwd=folder, stdout=out, stderr=out)
    try:
        wait_until(lambda: list((folder / "runtime").glob("jpserver-*.json")), server, said)
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=entering(folder, server.pid, before), args=ARGUMENTS)
            yield Lab(folder, f"http://127.0.0.1:{port}", browser, server.pid)
            browser.close()
    finally:
        stop(server)


def entering(folder, process, before):
    """Chromium, in the network of a process if that has one of its own."""
    if not before:
        return CHROMIUM
    script = folder / "chromium"
    script.write_text(f'#!/bin/sh\nexec nsenter -t {process} -U --preserve-credentials -n -- {CHROMIUM} "$@"\n')
    script.chmod(0o755)
    return str(script)


def wait_until(there, server, said):
    """Wait for a server; if it ends, show what it said."""
    end = time.monotonic() + 120
    while not there():
        running = server.poll() is None and time.monotonic() < end
        assert running, said.read_text("utf-8")[-3000:]
        time.sleep(0.1)


def stop(server):
    """End a server, its kernels, and whatever they started."""
    import psutil

    with suppress(psutil.NoSuchProcess):
        below = psutil.Process(server.pid).children(recursive=True)
        server.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            server.wait(15)
        for process in [server, *below]:
            with suppress(psutil.NoSuchProcess, ProcessLookupError):
                process.kill()
        server.wait(15)


NUMBERED = """() => {
  const written = (cell) => cell.querySelector('.cm-content')?.textContent.trim() !== '';
  const cells = [...document.querySelectorAll('.jp-CodeCell')].filter(written);
  const numbers = cells.map((cell) => cell.querySelector('.jp-InputPrompt').textContent);
  const wrong = document.querySelector('[data-mime-type="application/vnd.jupyter.error"]');
  return numbers.every((text) => /\\[\\d+\\]/.test(text)) || (wrong && !numbers.some((text) => text.includes('*')));
}"""
AGAIN = r"""([cell, before]) => {
  const text = cell.querySelector('.jp-InputPrompt').innerText;
  return text !== before && /\[\d+\]/.test(text);
}"""


class Notebook:
    """A notebook on a page."""

    def __init__(self, lab, page, path):
        self.lab, self.page, self.path = lab, page, path
        self.said, self.asked = [], []
        page.on("console", lambda message: self.said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("websocket", lambda channel: self.asked.append(channel.url))

    def asked_elsewhere(self):
        """Addresses that are not those of the server or of the page itself."""
        own = (self.lab.url, self.lab.url.replace("http:", "ws:"), "data:", "blob:", "about:")
        return [url for url in self.asked if not url.startswith(own)]

    def fetch(self, path, method="GET"):
        """What the server answers, asked from the page: only that is in its network."""
        return self.page.evaluate(
            "([url, method]) => fetch(url, {method}).then((x) => x.status === 204 ? null : x.json())",
            [f"{self.lab.url}/api/{path}", method],
        )

    def session(self):
        """The session of the notebook, or None."""
        return next((x for x in self.fetch("sessions") if x["path"] == self.path), None)

    def wait_for_kernel(self):
        """Until the kernel has begun and has nothing to do."""
        end = time.monotonic() + 120
        while (found := self.session()) is None or found["kernel"]["execution_state"] != "idle":
            assert time.monotonic() < end, f"{self.path}: the kernel is {found and found['kernel']['execution_state']}"
            self.page.wait_for_timeout(200)

    def run_all(self):
        """As the menu does; until every cell has its number or one has failed."""
        page = self.page
        page.locator(".jp-Notebook").first.click(position={"x": 4, "y": 4})
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        page.wait_for_function(NUMBERED, timeout=PATIENCE * 1000, polling=250)
        self.wait_for_kernel()
        self.settle()
        # Until here cells out of sight had neither layout nor text, as for a reader; from here on all can be looked at.
        page.add_style_tag(content=".jp-Cell { content-visibility: visible !important; }")
        self.settle()

    def settle(self):
        """Until what has arrived is drawn."""
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 300)))")

    def run_cell(self, number):
        """Run a cell of code, counted from the end: -1 is the last; gives its text."""
        cell = self.cells.nth(self.cells.count() + number)
        before = cell.locator(".jp-InputPrompt").inner_text()
        cell.scroll_into_view_if_needed()
        cell.locator(".jp-InputArea-editor").click()
        self.page.keyboard.press("Control+Enter")
        self.page.wait_for_function(
            AGAIN,
            arg=[cell.element_handle(), before],
            timeout=60_000,
        )
        self.wait_for_kernel()
        self.settle()
        return "\n".join(cell.locator(".jp-OutputArea-output").all_inner_texts())

    def save(self):
        """The notebook as it lies on the disk after it was saved."""
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("Control+s")
        end = time.monotonic() + 30
        while time.monotonic() < end:
            found = nbformat.read(self.lab.folder / self.path, 4)
            if any(cell.get("outputs") for cell in found.cells):
                return found
            self.page.wait_for_timeout(200)
        raise AssertionError(f"{self.path} was not saved")

    @property
    def cells(self):
        """Cells of code."""
        return self.page.locator(".jp-CodeCell")

    def shut_down(self):
        """End the kernel."""
        if found := self.session():
            self.fetch(f"sessions/{found['id']}", "DELETE")
