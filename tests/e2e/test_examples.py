"""The shipped examples are played: what a machine without systemd, a cluster or a forge can find out about them."""

from __future__ import annotations

import http.client
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from pulse_tui.cli.pages import EXAMPLES
from pulse_tui.hooks.probes import PATHS
from pulse_tui.wiring import House
from tests.cli.processes import STARTED
from tests.fakes import examples
from tests.fakes.databases import postgres
from tests.fakes.small_estate import write_estate
from tests.fakes.supervisor import supervisor
from tests.servers.loopback import Loopback
from tests.servers.ports import free_port


@pytest.fixture(autouse=True)
def no_leftovers() -> Iterator[None]:
    """Every process is over when its test is."""
    yield
    while STARTED:
        process = STARTED.pop()
        process.kill()
        process.communicate()


def text(name: str) -> str:
    return (examples.EXAMPLES / name).read_text()


def ask(port: int, path: str) -> tuple[int, str]:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    link.request("GET", path)
    answer = link.getresponse()
    found = answer.status, answer.read().decode()
    link.close()
    return found


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """``pulse-tui`` of this tree, as a command on the path."""
    folder = tmp_path / "bin"
    folder.mkdir()
    command = folder / "pulse-tui"
    command.write_text(f'#!/bin/sh\nPYTHONPATH={examples.ROOT} exec {sys.executable} -m pulse_tui "$@"\n')
    command.chmod(0o755)
    return command


def test_every_example_stands_on_the_page() -> None:
    assert set(EXAMPLES) == {file.name for file in examples.EXAMPLES.iterdir()}


# ------------------------------------------------------------------ systemd


def unit() -> dict[str, list[tuple[str, str]]]:
    """Section -> its keys with their values."""
    found: dict[str, list[tuple[str, str]]] = {}
    for line in text("pulse-tui.service").splitlines():
        if line.startswith("["):
            found[line.strip("[]")] = keys = []
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            keys.append((key, value))
    return found


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed here")
def test_systemd_finds_nothing_wrong_with_the_unit_and_little_exposed(tmp_path: Path, program: Path) -> None:
    file = tmp_path / "pulse-tui.service"
    file.write_text(text("pulse-tui.service").replace("/opt/pulse-tui/bin/pulse-tui", str(program)))
    command = ["systemd-analyze", "verify", "--man=no", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=25", "--no-pager", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout[-300:]


def test_the_lines_of_the_unit_start_reload_and_stop_it(tmp_path: Path, program: Path) -> None:
    keys = dict(unit()["Service"])
    assert (keys["Type"], keys["NoNewPrivileges"], keys["DynamicUser"]) == ("notify", "yes", "yes")
    config = tmp_path / "etc"
    with Loopback() as server, supervisor() as sd:
        write_estate(config, server.url)
        file = config / "pulse.yaml"
        file.write_text(file.read_text().replace("database: sqlite:///pulse.db\n", ""))
        told = dict(pair.split("=") for pair in keys["Environment"].split())
        assert keys["StateDirectory"] == "pulse-tui"
        told["XDG_STATE_HOME"] = told["XDG_STATE_HOME"].replace("/var/lib", str(tmp_path / "lib"))
        start = keys["ExecStart"].replace("/opt/pulse-tui/bin/pulse-tui", str(program))
        watchdog = str(int(keys["WatchdogSec"]) * 1_000_000)
        agent = subprocess.Popen(
            shlex.split(start.replace("/etc/pulse-tui", str(config))),
            env={"PATH": os.environ["PATH"], "NOTIFY_SOCKET": sd.name, "WATCHDOG_USEC": watchdog, **told},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        STARTED.append(agent)
        sd.until(lambda lines: "READY=1" in lines, "READY=1")
        assert (tmp_path / "lib/pulse-tui/pulse.db").is_file(), "the state is where StateDirectory= is"
        subprocess.run(keys["ExecReload"].replace("$MAINPID", str(agent.pid)), shell=True, check=True)
        sd.until(lambda lines: lines.count("READY=1") == 2, "the reload")
        agent.send_signal(signal.SIGTERM)
        assert agent.wait(int(keys["TimeoutStopSec"])) == 0


# ------------------------------------------------------------------ Kubernetes

_PLURAL = {"Namespace", "Secret", "ConfigMap", "Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy"}
_API = {
    "Namespace": "v1", "Secret": "v1", "ConfigMap": "v1", "Service": "v1", "Deployment": "apps/v1",
    "PodDisruptionBudget": "policy/v1", "NetworkPolicy": "networking.k8s.io/v1",
}  # fmt: skip


class Cluster(NamedTuple):
    """The objects of the manifest by kind; it has one of each."""

    objects: dict[str, dict[str, Any]]

    @property
    def pod(self) -> dict[str, Any]:
        found: dict[str, Any] = self.objects["Deployment"]["spec"]["template"]["spec"]
        return found

    @property
    def container(self) -> dict[str, Any]:
        (found,) = self.pod["containers"]
        return dict(found)

    @property
    def config(self) -> str:
        return str(self.objects["ConfigMap"]["data"]["pulse.yaml"])


@pytest.fixture
def cluster() -> Cluster:
    objects = list(yaml.safe_load_all(text("kubernetes.yaml")))
    assert len({o["kind"] for o in objects}) == len(objects)
    return Cluster({o["kind"]: o for o in objects})


def test_the_objects_of_the_manifest_belong_together(cluster: Cluster) -> None:
    assert {kind: o["apiVersion"] for kind, o in cluster.objects.items()} == _API
    namespaced = [o for kind, o in cluster.objects.items() if kind != "Namespace"]
    assert {o["metadata"]["namespace"] for o in namespaced} == {cluster.objects["Namespace"]["metadata"]["name"]}
    labels = cluster.objects["Deployment"]["spec"]["template"]["metadata"]["labels"]
    for selector in (
        cluster.objects["Deployment"]["spec"]["selector"]["matchLabels"],
        cluster.objects["Service"]["spec"]["selector"],
        cluster.objects["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        cluster.objects["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
    ):
        assert selector.items() <= labels.items()


def test_the_pod_is_allowed_where_pod_security_is_restricted(cluster: Cluster) -> None:
    """As https://kubernetes.io/docs/concepts/security/pod-security-standards has it."""
    pod, own = cluster.pod["securityContext"], cluster.container["securityContext"]
    assert pod["runAsNonRoot"] is True
    assert pod["runAsUser"] > 0
    assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
    assert own["allowPrivilegeEscalation"] is False
    assert own["readOnlyRootFilesystem"] is True
    assert own["capabilities"] == {"drop": ["ALL"]}
    assert not {"hostNetwork", "hostPID", "hostIPC", "hostPath"} & {*cluster.pod, *map(str, cluster.pod["volumes"])}
    assert cluster.objects["Namespace"]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    mounted = {m["name"] for m in cluster.container["volumeMounts"]}
    assert mounted == {v["name"] for v in cluster.pod["volumes"]}


def test_ports_probes_and_variables_agree_with_the_configuration(cluster: Cluster) -> None:
    config = yaml.safe_load(cluster.config)
    ports = {p["name"]: p["containerPort"] for p in cluster.container["ports"]}
    for name in ("service", "hooks"):
        host, _, port = config[name]["listen"].rpartition(":")
        assert (host, int(port)) == ("0.0.0.0", ports[name])
    for port in cluster.objects["Service"]["spec"]["ports"]:
        assert ports[port["targetPort"]] == port["port"]
    probes = {key: value["httpGet"] for key, value in cluster.container.items() if key.endswith("Probe")}
    assert set(probes) == {"startupProbe", "livenessProbe", "readinessProbe"}
    assert {p["port"] for p in probes.values()} == {"service"}
    assert {p["path"] for p in probes.values()} <= set(PATHS)
    variables = {e["name"]: e for e in cluster.container["env"]}
    used = set(re.findall(r"\$\{(\w+)\}", cluster.config))
    assert used <= set(variables)
    for name in used:
        key = variables[name]["valueFrom"]["secretKeyRef"]
        assert key["name"] == cluster.objects["Secret"]["metadata"]["name"]
        assert key["key"] in cluster.objects["Secret"]["stringData"]
    mounts = {m["name"]: m["mountPath"] for m in cluster.container["volumeMounts"]}
    assert mounts["config"] == variables["PULSE_CONFIG"]["value"]


def test_the_configuration_of_the_manifest_runs_on_a_postgresql_and_its_probes_are_answered(
    cluster: Cluster, tmp_path: Path, program: Path
) -> None:
    service, hooks = free_port(), free_port()
    url = re.search(r"^database: (\S+)$", cluster.config, re.M)
    assert url is not None
    database = postgres().named(postgres().create())
    with Loopback() as server, supervisor() as sd:
        text = cluster.config.replace(url[1], database).replace("0.0.0.0:9464", f"127.0.0.1:{service}")
        text = text.replace("0.0.0.0:8765", f"127.0.0.1:{hooks}")
        text = text.replace("kind: osv, every: 1h", f'kind: osv, every: 1h, url: "{server.url}/osv"')
        (tmp_path / "pulse.yaml").write_text(text)
        agent = subprocess.Popen(
            [str(program), *cluster.container["args"]],
            env={
                "PATH": os.environ["PATH"], "HOME": str(tmp_path), "NOTIFY_SOCKET": sd.name,
                "PULSE_CONFIG": str(tmp_path / "pulse.yaml"), "PULSE_DB_PASSWORD": "x", "PULSE_OPERATOR": "agent",
            },
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        STARTED.append(agent)
        sd.until(lambda lines: "READY=1" in lines, "READY=1", 30)
        for name in ("startupProbe", "livenessProbe", "readinessProbe"):
            assert ask(service, cluster.container[name]["httpGet"]["path"])[0] == 200
        assert "pulse_database_size_bytes " in ask(service, "/metrics")[1]
        agent.send_signal(signal.SIGTERM)
        out, _ = agent.communicate(timeout=cluster.pod["terminationGracePeriodSeconds"])
        assert agent.returncode == 0
        assert all("event" in json.loads(line) for line in out.splitlines())


# ------------------------------------------------------------------ pipelines


POLICY = """\
policy:
  gate: {production: {functional: advisory, safety: advisory, drilled: advisory, authorised: advisory, approval: blocking}}
  rules:
    - {id: x, owner: o, review: 2031-01-01, on: [cve], priority: P2, actions: [notify], all: [asset.known]}
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with the configuration of an estate in which 1.0.1 may go and 1.1.0 may not."""
    config = write_estate(tmp_path / "repo" / "ops" / "pulse", "http://127.0.0.1:9")
    with (config / "pulse.yaml").open("a") as file:
        file.write(POLICY)
    house = House(config)
    house.sync()
    house.close()
    return tmp_path / "repo"


class Job(NamedTuple):
    """Lines as the runner gives them to a shell, and the variables of the job."""

    shell: list[str]
    lines: str
    variables: dict[str, str]


def github() -> Job:
    jobs = yaml.safe_load(text("github-gate.yml"))["jobs"]
    assert jobs["deploy"]["needs"] == "gate"
    steps = [s for s in jobs["gate"]["steps"] if "run" in s]
    install, asked = steps
    assert install["run"].startswith("pip install ")
    return Job(["bash", "-e"], asked["run"], {k: str(v) for k, v in asked["env"].items()})


def gitlab() -> Job:
    jobs = yaml.safe_load(text("gitlab-gate.yml"))
    gate = jobs["gate"]
    assert jobs["deploy"]["needs"] == ["gate"]
    assert jobs["stages"] == ["gate", "deploy"]
    assert [line.split(" ")[:2] for line in gate["before_script"]] == [["pip", "install"]]
    return Job(["bash", "-eo", "pipefail"], "\n".join(gate["script"]), gate["variables"])


JOBS = {"github": github, "gitlab": gitlab}
OUTCOMES = [("1.0.1", 0, ""), ("1.1.0", 1, "BLOCKED"), ("1.0.1", 2, "could not be asked")]


@pytest.mark.parametrize("forge", JOBS)
@pytest.mark.parametrize(("version", "code", "words"), OUTCOMES)
def test_the_lines_of_a_pipeline_end_as_the_gate_says(
    checkout: Path, program: Path, forge: str, version: str, code: int, words: str
) -> None:
    job = JOBS[forge]()
    if code == 2:
        (checkout / "ops/pulse/pulse.yaml").write_text("sorces: []\n")
    script = checkout / "job.sh"
    script.write_text(job.lines)
    summary = checkout / "summary.md"
    environment = {
        "PATH": f"{program.parent}:{os.environ['PATH']}", "HOME": str(checkout), "GITHUB_STEP_SUMMARY": str(summary),
        "PULSE_CONFIG": job.variables["PULSE_CONFIG"], "PULSE_OPERATOR": "ana", "ASSET": "my-bot", "VERSION": version,
    }  # fmt: skip
    done = subprocess.run(
        [*job.shell, str(script)],
        env=environment,
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert words in done.stdout
