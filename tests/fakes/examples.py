"""The shipped examples, read and played as far as a machine without systemd, a registry or a cluster can."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import site
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

EXAMPLES = Path(__file__).parents[2] / "pulse_tui" / "docs" / "examples"
ROOT = Path(__file__).parents[2]


class Step(NamedTuple):
    """One instruction of a container file."""

    word: str
    rest: str


def steps() -> Iterator[Step]:
    """The instructions in their order."""
    text = (EXAMPLES / "Containerfile").read_text().replace("\\\n", " ")
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            word, _, rest = line.partition(" ")
            yield Step(word, rest)


class Image:
    """What the steps came to, in a folder."""

    def __init__(self, root: Path, wheel: Path) -> None:
        """Play them: ``COPY`` copies, ``RUN`` runs, with the image's folders under ``root``."""
        self.root = root
        self.environment: dict[str, str] = {}
        self.user = ""
        self.health: list[str] = []
        self.command: list[str] = []
        for word, rest in steps():
            if word == "RUN":
                self._run(rest)
            elif word == "COPY":
                self._copy(rest, wheel)
            elif word == "ENV":
                name, _, value = rest.partition("=")
                self.environment[name] = self.there(value)
            elif word == "USER":
                self.user = rest
            elif word == "HEALTHCHECK":
                self.health = json.loads(rest[rest.index("CMD ") + 4 :])
            elif word in ("ENTRYPOINT", "CMD"):
                self.command += json.loads(rest)
            else:
                assert word in ("FROM", "VOLUME", "EXPOSE", "STOPSIGNAL"), word

    def there(self, text: str) -> str:
        """Paths of the image as they are here."""
        return re.sub(r"(?<![\w.])/(opt/pulse-tui|var/lib|etc/pulse-tui|tmp/wheel)", rf"{self.root}/\1", text)

    def start(self, *more: str, **options: object) -> subprocess.Popen[str]:
        """The container's process."""
        command = [str(self.root / "opt/pulse-tui/bin" / self.command[0]), *self.command[1:], *more]
        made: subprocess.Popen[str] = subprocess.Popen(  # type: ignore[call-overload]
            command,
            env=self.environment,
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            **options,
        )
        return made

    def run(self, *arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """One of its commands."""
        return subprocess.run(
            [str(self.root / "opt/pulse-tui/bin/pulse-tui"), *arguments],
            env=self.environment, cwd=self.root, capture_output=True, text=True, timeout=timeout, check=False,
        )  # fmt: skip

    def _run(self, rest: str) -> None:
        line = self.there(rest)
        if os.geteuid() != 0:
            line = line.replace("-o 10001 -g 10001 ", "")
        # What it stands on is here already, and nothing is asked of a network.
        environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(self.root),
            "PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }  # fmt: skip
        subprocess.run(["sh", "-euc", line], env=environment, check=True, capture_output=True, timeout=300)
        if "-m venv" in rest:
            (packages,) = (self.root / "opt/pulse-tui/lib").glob("python3*/site-packages")
            (packages / "beside.pth").write_text("\n".join(site.getsitepackages()) + "\n")

    def _copy(self, rest: str, wheel: Path) -> None:
        words = shlex.split(rest)
        if words[0].startswith("--from="):
            assert words[1] == words[2], "what was built is where it is copied to"
            assert Path(self.there(words[1])).is_dir()
            return
        place = Path(self.there(words[1]))
        place.mkdir(parents=True)
        shutil.copy(wheel, place)


def build_wheel(folder: Path) -> Path:
    """The wheel of this tree, offline."""
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "-w", str(folder), str(ROOT)], check=True, capture_output=True, timeout=300)
    (wheel,) = folder.glob("pulse_tui-*.whl")
    return wheel
