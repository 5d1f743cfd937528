"""A real PostgreSQL server for tests: started on a free local port with a password, stopped and removed at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

PASSWORD = "p@ss/w%rd#1?"
CODED = "p%40ss%2Fw%25rd%231%3F"


@dataclass(frozen=True)
class Server:
    """Where the server listens. Its user is ``tester``, its database ``shop``."""

    port: int

    @property
    def place(self) -> str:
        """What may be shown."""
        return f"postgresql://127.0.0.1:{self.port}/shop"

    @property
    def address(self) -> str:
        """With the password."""
        return f"postgresql://tester:{CODED}@127.0.0.1:{self.port}/shop"


def programs() -> Path | None:
    """The folder of initdb and pg_ctl: on the path, or where Debian keeps them."""
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((f for f in folders if (f / "initdb").exists() and (f / "pg_ctl").exists()), None)


def _account() -> dict[str, int]:
    """The server refuses to run as root: then it runs as the account that its package made."""
    if os.geteuid() != 0:
        return {}
    try:
        found = pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("PostgreSQL does not run as root, and there is no account named postgres")
    return {"user": found.pw_uid, "group": found.pw_gid}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running() -> Iterator[Server]:
    """Start a server, or skip with the reason."""
    pytest.importorskip("psycopg", reason="psycopg is not installed: pip install '.[postgres]'")
    folder = programs()
    if folder is None:
        pytest.skip("no PostgreSQL server on this machine (initdb and pg_ctl were not found)")
    account = _account()
    home = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp" if Path("/tmp").is_dir() else None))  # short: holds a socket
    try:
        (home / "password").write_text(PASSWORD, "utf-8")
        if account:
            for path in (home, home / "password"):
                os.chown(path, account["user"], account["group"])

        def run(*command: str) -> None:
            done = subprocess.run(
                [str(folder / command[0]), "-D", str(home / "data"), *command[1:]],
                cwd=home, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240, **account,
            )  # fmt: skip
            assert done.returncode == 0, done.stdout + done.stderr

        run("initdb", "-U", "tester", "-A", "scram-sha-256", "--pwfile", str(home / "password"), "-E", "UTF8",
            "--no-locale", "--no-sync")  # fmt: skip
        server = Server(_free_port())
        options = f"-p {server.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={home} -c fsync=off"
        try:
            run("pg_ctl", "-o", options, "-w", "-t", "120", "-l", str(home / "log"), "start")
            _make_database(server)
            yield server
        finally:
            run("pg_ctl", "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _make_database(server: Server) -> None:
    import psycopg

    with psycopg.connect(server.address.replace("/shop", "/postgres"), autocommit=True) as connection:
        connection.execute("create database shop")
