"""What a configuration may hold: one struct a section, unknown keys are errors."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from pulse_tui.domain.errors import Problem
from pulse_tui.domain.estate import DataHandling
from pulse_tui.domain.evals import Task
from pulse_tui.domain.notice import Use
from pulse_tui.domain.oncall import OnCall
from pulse_tui.domain.operator import Identity, Operator
from pulse_tui.domain.release import Interface, Lineage, ReleaseState
from pulse_tui.domain.rollback import Purpose
from pulse_tui.domain.usage import Usage
from pulse_tui.domain.words import AssetType, ComponentKind, Environment, Exposure, Tier
from pulse_tui.settings.admission import AdmissionShape
from pulse_tui.settings.changes import ChangesShape
from pulse_tui.settings.check import Seconds
from pulse_tui.settings.document import Node
from pulse_tui.settings.hooks import HooksShape
from pulse_tui.settings.links import LinkShape
from pulse_tui.settings.maintenance import MaintenanceShape
from pulse_tui.settings.recording import RecordingShape
from pulse_tui.settings.retention import RetentionShape
from pulse_tui.settings.service import ServiceShape

Id = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$(?!\n)")]
Percent = Annotated[float, Meta(ge=0, le=100)]


_OWNER = {"owner": "owner_team"}


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every section: frozen and strict."""


class DeploymentShape(Section, frozen=True):
    """What serves in one environment. ``version`` may be left to the registry that knows it."""

    version: str | None = None
    traffic: Percent = 100.0
    since: datetime | None = None
    critical: bool = False


class ReleaseShape(Section, frozen=True):
    """A release that no registry knows."""

    version: str
    digest: str | None = None
    state: ReleaseState = ReleaseState.DRAFT
    created: datetime | None = None
    lineage: Lineage = Lineage()
    rollback_to: str | None = None
    branch: str | None = None
    interface: Interface = Interface()
    provenance: dict[str, str] = {}


class ComponentShape(Section, frozen=True):
    """A dependency: exactly one of ``purl``, ``model`` (platform/exact-id), ``asset``, or ``kind`` with ``id``.

    A driver, firmware, an appliance, a vector store, plugin, browser tool or safety filter is found by ``cpe`` (NVD) or
    ``product`` (the name in its vendor's bulletins), on its ``platform``.
    """

    purl: str | None = None
    model: str | None = None
    asset: str | None = None
    kind: ComponentKind | None = None
    id: str | None = None
    version: str | None = None
    cpe: str | None = None
    """A CPE 2.3 name: ``cpe:2.3:a:nvidia:gpu_display_driver:550.54:*:*:*:*:*:*:*``."""
    product: str | None = None
    """What its vendor's advisories call it: ``NVIDIA Tesla``."""
    platform: str | tuple[str, ...] = ()
    """What it runs on or with, as words or CPE names: some advisories are of Linux, or of one device, alone."""
    environments: tuple[Environment, ...] = ()
    beside_bill: bool = False
    """A package that counts although the serving release has a bill of its own that does not name it."""
    loaded: bool | None = None
    """Whether it is loaded when the asset runs: an advisory of what is not is one step less urgent. Absent: not known,
    taken as loaded."""
    usage: Usage | None = None
    """Of a model: peaks, prices and amounts that a vendor's new limits and prices are compared with."""


class EndpointShape(Section, frozen=True):
    """Where callers reach an asset. Under an asset it is that asset's; beside the assets it names one, if it can."""

    RENAMED: ClassVar[Mapping[str, str]] = _OWNER

    id: Id
    environment: Environment = Environment.PRODUCTION
    asset: str | None = None
    owner_team: str | None = None
    segments: tuple[str, ...] = ()
    critical: bool = False


class StageShape(Section, frozen=True):
    """One step of a workflow."""

    name: str
    asset: str


class WorkflowShape(Section, frozen=True):
    """Stages in their order."""

    RENAMED: ClassVar[Mapping[str, str]] = _OWNER

    id: Id
    stages: tuple[StageShape, ...]
    owner_team: str | None = None


class AssetShape(Section, frozen=True):
    """An asset of the estate."""

    RENAMED: ClassVar[Mapping[str, str]] = {"type": "asset_type", **_OWNER}

    id: Id
    asset_type: AssetType
    owner_team: str
    tier: Tier = Tier.INTERNAL
    exposure: Exposure = Exposure.INTERNAL
    data: DataHandling = DataHandling()
    workflow: str | None = None
    environments: dict[Environment, DeploymentShape] = {}
    releases: tuple[ReleaseShape, ...] = ()
    components: tuple[ComponentShape, ...] = ()
    endpoints: tuple[EndpointShape, ...] = ()


class EstateShape(Section, frozen=True):
    """Everything that runs, as far as a person has to declare it."""

    assets: tuple[AssetShape, ...] = ()
    endpoints: tuple[EndpointShape, ...] = ()
    workflows: tuple[WorkflowShape, ...] = ()


class SuiteShape(Section, frozen=True):
    """A benchmark suite: its content, its tasks, the version each asset's baseline is pinned to, and how it is run."""

    id: Id
    path: str | None = None
    """The suite's content, a file or a folder; relative to the configuration."""
    digest: str | None = None
    """The frozen content: of ``path``, else what a run of it must state. ``pulse-tui suite freeze`` writes it."""
    personal_data: bool = False
    """It is known that the content holds personal data, and it may."""
    tasks: tuple[Task, ...] = ()
    margin: Annotated[float, Meta(ge=0)] | None = None
    """The margin of the weighted mean over the tasks on a scale of 0 to 1; None: it is shown and decides nothing."""
    baselines: dict[str, str] = {}
    max_age: Seconds | None = None
    """How old the baseline's run may be."""
    command: tuple[str, ...] = ()
    """Runs the suite: ``{asset}``, ``{version}``, ``{suite}`` and ``{output}`` (a folder for its results) are replaced."""
    env: tuple[Annotated[str, Meta(pattern=r"\A[A-Za-z_][A-Za-z0-9_]*\Z")], ...] = ()
    """Names of environment variables that the command gets, beside PATH, HOME, LANG, LC_*, TZ, TMPDIR and the run's own."""
    output: str | None = None
    """The kind of its result files; None: detected from each file."""
    on_release: bool = True
    """Run the command on every new release of the assets under ``baselines``."""
    schedule: str | None = None
    """When else: five fields of cron, in UTC."""
    timeout: Seconds = Seconds(3_600)
    exit_codes: tuple[int, ...] = (0,)
    """What the command ends with when it ran to the end: test runners end with 1 when a test failed."""


class OperatorShape(Section, frozen=True):
    """Somebody who may approve. Two operators need two keys."""

    name: Id
    key: Annotated[str, Meta(min_length=1)] | None = None
    """A public key as in a ``.pub`` file, whose votes are signed by the operator's SSH agent; or, as before 0.4, a mere name
    of a key, with which nobody can sign.
    """
    keys: tuple[Annotated[str, Meta(min_length=1)], ...] = ()
    """More public keys of the same person."""
    environments: tuple[Environment, ...] = tuple(Environment)


class StepShape(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a playbook: its kind, its time limit and the kind's own options."""

    kind: str
    timeout: float
    options: dict[str, Any]
    mark: str
    asset: str | None = None
    """The asset whose release the step moves, when it is not the one that the plan is for."""
    value: str | None = None
    """What the target holds afterwards, in a playbook that moves no release."""


class PlaybookShape(msgspec.Struct, frozen=True, kw_only=True):
    """Steps for some assets in some environments; to roll back, unless ``purpose`` names something else."""

    id: str
    assets: tuple[str, ...]
    environments: tuple[Environment, ...]
    steps: tuple[StepShape, ...]
    on_failure: str
    purpose: Purpose = Purpose.ROLLBACK
    drill: str | None = None
    """When it is rehearsed on the replica: five fields of cron, in UTC."""
    traffic: float | None = None
    """The share in percent that a shift gives to the environment."""
    digest: str = ""
    """SHA-256 of this playbook alone, as it is written."""

    def serves(self, asset_id: str, environment: Environment, purpose: Purpose = Purpose.ROLLBACK) -> bool:
        """Whether the playbook does that for this asset there."""
        meant = self.purpose is purpose and environment in self.environments
        return meant and (not self.assets or asset_id in self.assets)


class SourceShape(msgspec.Struct, frozen=True, kw_only=True):
    """A source: its kind, how often it is read, and the kind's own typed options."""

    id: str
    kind: str
    every: float
    options: Any
    enabled: bool = True
    floor: float = 0.0
    """The least seconds between two rounds, also across restarts and towers; 0: its server is our own."""


class RouteShape(msgspec.Struct, frozen=True, kw_only=True):
    """A destination: the action kind that delivers there, whom it serves, and typed options."""

    id: str
    kind: str
    owner_teams: tuple[str, ...]
    options: Any
    uses: tuple[Use, ...] = ()
    """What it is for: page, notify, ticket, review; none: all that its kind can be used for."""


class PingMethod(StrEnum):
    """How a ping is made."""

    GET = "GET"
    HEAD = "HEAD"
    POST = "POST"


class HeartbeatShape(Section, frozen=True):
    """A ping to a service that raises the alarm when none comes any more: ``{url: "${HEARTBEAT_URL}", every: 1m}``."""

    url: str
    """Where it goes, as ``${NAME}`` where the address is a secret."""
    every: Seconds = Seconds(60)
    """How often; the service there waits for longer."""
    method: PingMethod = PingMethod.GET
    """GET, HEAD or POST, as the service asks for."""
    timeout: Seconds = Seconds(10)
    """How long it may take to answer."""

    def __post_init__(self) -> None:
        if not self.url.lower().startswith(("http://", "https://", "${")):
            raise ValueError("url is not an http or https address")


class GovernanceShape(Section, frozen=True):
    """Who answers for the system as a whole, and what it is called: the launch checklist asks for both."""

    accountable_owner: Annotated[str, Meta(min_length=1, max_length=200)] = ""
    """A person by name: somebody who may decide that it is not launched. A line of the checklist fails without one."""
    system: Annotated[str, Meta(min_length=1, max_length=200)] = ""
    """What the system is called towards auditors; when it is left out, the name of the estate."""


class ApprovalsShape(Section, frozen=True):
    """How many distinct operators must approve in each environment, and how long a plan is valid."""

    production: Annotated[int, Meta(ge=1, le=5)] = 2
    canary: Annotated[int, Meta(ge=1, le=5)] = 1
    shadow: Annotated[int, Meta(ge=1, le=5)] = 1
    replica: Annotated[int, Meta(ge=1, le=5)] = 1
    expire: Seconds = Seconds(3_600)
    """How long an approval counts, from the moment it is given."""
    plan_expire: Seconds = Seconds(4 * 3_600)
    """How long a plan may wait for approvals and to be run, from the moment it is made."""
    drill_within: Seconds = Seconds(90 * 86_400)
    """How long a drill counts for the certificate of a rollback target."""
    unsigned: tuple[Environment, ...] | None = None
    """Where an approval without a signature counts: replica, shadow and canary when it is left out; everywhere while no
    operator has a public key at all, which is warned about.
    """
    touch: tuple[Environment, ...] = ()
    """Where only security keys (``sk-ssh-ed25519``, ``sk-ecdsa``) count, which are touched for each signature."""
    break_glass: tuple[Environment, ...] = (Environment.PRODUCTION, Environment.CANARY)
    """Where one person alone may approve in an emergency, with a reason of 20 characters, reviewed by another one later."""
    anchors: tuple[str, ...] = ()
    """Where the head of the audit log is written at every decision on a plan, start and end of a run: ``syslog``, or
    files that the accounts of the operators can append to and not rewrite. ``pulse-tui audit verify`` reads the files.
    """

    def needed(self, environment: Environment) -> int:
        """Distinct yes votes a plan for ``environment`` needs."""
        return {
            Environment.PRODUCTION: self.production,
            Environment.CANARY: self.canary,
            Environment.SHADOW: self.shadow,
            Environment.REPLICA: self.replica,
        }[environment]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """A whole configuration, checked."""

    base: str
    """The folder relative paths start from."""
    name: str = "pulse"
    database: str | None = None
    estate: EstateShape = EstateShape()
    states_assets: bool = False
    """Whether it has ``estate: assets:``, with however many: an empty list ends what an earlier one declared."""
    sources: tuple[SourceShape, ...] = ()
    suites: tuple[SuiteShape, ...] = ()
    routes: tuple[RouteShape, ...] = ()
    oncall: OnCall = OnCall()
    """People, teams, schedules and ladders."""
    playbooks: tuple[PlaybookShape, ...] = ()
    operators: tuple[Operator, ...] = ()
    identity: Identity = Identity()
    """What a vote has to prove, and where."""
    approvals: ApprovalsShape = ApprovalsShape()
    links: tuple[LinkShape, ...] = ()
    """Where to look while an incident is open."""
    admission: AdmissionShape | None = None
    """Where Kubernetes asks whether a workload may be admitted."""
    changes: ChangesShape = ChangesShape()
    """Change windows and embargoes."""
    maintenance: tuple[MaintenanceShape, ...] = ()
    """Windows that come again, in which nobody is called."""
    precedence: tuple[str, ...] = ()
    """Source ids, the most believed first; when it is empty, in the order of the sources in the configuration."""
    versions: Mapping[str, str] = {}
    """Where the estate states what serves: ``file:line`` by ``asset/environment``."""
    hooks: HooksShape | None = None
    heartbeat: HeartbeatShape | None = None
    service: ServiceShape = ServiceShape()
    recording: RecordingShape | None = RecordingShape()
    """None: the board is not recorded."""
    retention: RetentionShape = RetentionShape()
    """How long what is stored is kept."""
    governance: GovernanceShape = GovernanceShape()
    acknowledge_for: float = 4 * 3_600.0
    policy: Node | None = None
    """The policy section as read; the policy room gives it meaning. None: the default policy."""
    sections: Mapping[str, Node] = {}
    """Every section as read."""
    files: tuple[str, ...] = ()
    beside: Mapping[str, tuple[int, ...]] = {}
    """Other files that were read (of operators, of revoked keys), each with its stamp as it was then."""
    warnings: tuple[Problem, ...] = ()
    """What was read all the same, such as a key under its old name."""
    operators_digest: str = ""
    playbooks_digest: str = ""
