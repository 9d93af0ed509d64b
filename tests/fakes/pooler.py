"""A real PgBouncer in transaction mode before a test's PostgreSQL; only where it is installed."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.servers.ports import free_port

BINARY = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")
MISSING = "pgbouncer is not installed: apt-get install pgbouncer"
_CONFIG = """\
[databases]
* = host={host} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
max_client_conn = 200
"""


@contextmanager
def pgbouncer(uri: str) -> Iterator[str]:
    """The URL of the same database through it."""
    assert BINARY is not None, MISSING
    parts = urlsplit(uri)
    host = parse_qs(parts.query)["host"][0]
    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="pulse-pool-", dir="/tmp"))
    folder.chmod(0o755)
    config = folder / "pgbouncer.ini"
    config.write_text(_CONFIG.format(host=host, port=port))
    line = [BINARY, "-q", str(config)]
    if os.geteuid() == 0:  # it refuses to be root; whoever owns the server's folder may enter it
        line[1:1] = ["-u", pwd.getpwuid(Path(host).stat().st_uid).pw_name]
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while True:
            assert process.poll() is None, "pgbouncer ended"
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert time.monotonic() < end, "pgbouncer does not listen"
                time.sleep(0.02)
        yield f"postgresql://postgres@127.0.0.1:{port}{parts.path}"
    finally:
        process.terminate()
        process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)
