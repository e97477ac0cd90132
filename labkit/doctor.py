"""`wirelab doctor`: what may be in the way, each finding with its cure. Knows how to look; changes nothing."""

import importlib.metadata
import json
import os
import socket
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import httpx2
import psutil  # type: ignore[import-untyped]  # psutil ships no types and its stubs are not among our packages
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from labkit import issue, runtime, session, surroundings, workspace
from labkit.finding import Finding, Patient
from labkit.runtime import Server

WINDOWS = os.name == "nt"
OLDEST = (3, 11)
PATIENCE = 2.0  # seconds that a socket may take on this machine


def examine(*, port: int = session.PORT, work: Path | None = None, course: Path | None = None) -> list[Finding]:
    """All checks, in the order of CHECKS."""
    root, folder = _places(course, work)
    server, written = session.find(), runtime.written()
    hung = written if server is None and written is not None and runtime.lives(written) else None
    patient = Patient(port, root, folder, server, hung)
    return [finding for check in CHECKS for finding in check(patient)]


def as_issue(findings: list[Finding], *, work: Path | None = None, course: Path | None = None) -> str:
    """What to paste into an issue: no secret, no name, no path of whoever asks for help."""
    root, folder = _places(course, work)
    here = runtime.environment()
    folders = {"WORK": folder, "DATA": here.home, "PYTHON": Path(sys.prefix), "~": Path.home()}
    return issue.block(findings, folders | ({"COURSE": root} if root else {}), here.variables)


def as_text(findings: list[Finding]) -> str:
    lines = []
    for finding in findings:
        lines.append(f"{finding.verdict:>5}  {finding.name}: {finding.what}")
        lines += [f"       -> {line}" for line in finding.cure.splitlines()]
    failed = sum(not finding.ok for finding in findings)
    last = f"{failed} of {len(findings)} checks fail; the arrows name the cure." if failed else "All is well."
    return "\n".join([*lines, "", last])


def as_json(findings: list[Finding]) -> str:
    return json.dumps([asdict(finding) | {"verdict": finding.verdict} for finding in findings], indent=1)


def python(patient: Patient) -> Iterator[Finding]:
    yield judge_python(sys.version_info[:3])


def judge_python(version: tuple[int, ...]) -> Finding:
    name = ".".join(map(str, version))
    if version >= OLDEST:
        return Finding("Python", True, f"{name} at {sys.executable}")
    cure = "Get Python 3.11 or newer from https://www.python.org/downloads/, delete the folder .venv, install again."
    return Finding("Python", False, f"{name} at {sys.executable} is too old", cure)


def packages(patient: Patient) -> Iterator[Finding]:
    try:
        required = [Requirement(line) for line in importlib.metadata.requires("wirelab") or []]
    except importlib.metadata.PackageNotFoundError:
        yield Finding("packages", False, "wirelab itself is not installed here", _install(patient))
        return
    direct = [each for each in required if each.marker is None or each.marker.evaluate({"extra": ""})]
    yield from judge_packages(direct, _pins(patient.root), _installed, _install(patient))


def judge_packages(
    required: list[Requirement], pins: dict[str, str], installed: Callable[[str], str | None], cure: str
) -> Iterator[Finding]:
    """Missing or too old fails; another version than the one in requirements.lock is worth a note."""
    good = 0
    for need in required:
        found, pinned = installed(need.name), pins.get(canonicalize_name(need.name))
        if found is None:
            yield Finding("packages", False, f"{need.name} is missing", cure)
        elif not need.specifier.contains(found, prereleases=True):
            yield Finding("packages", False, f"{need.name} is {found}; needed is {need.specifier}", cure)
        elif pinned not in (None, found):
            yield Finding("packages", True, f"{need.name} is {found}; the course was tested with {pinned}", cure)
        else:
            good += 1
    yield Finding("packages", True, f"{good} of {len(required)} as the course was tested with them")


def kernel(patient: Patient) -> Iterator[Finding]:
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel  # noqa: PLC0415  # 0.2 s, only needed here

    cure = f'"{sys.executable}" -m ipykernel install --sys-prefix'
    if _installed("ipykernel") is None:
        yield Finding("kernel", False, "ipykernel is not installed", _install(patient))
        return
    try:
        program = str(KernelSpecManager().get_kernel_spec("python3").argv[0])
    except NoSuchKernel:
        yield Finding("kernel", False, "JupyterLab knows no kernel named python3", cure)
        return
    yield judge_kernel(program, cure)


def judge_kernel(program: str, cure: str) -> Finding:
    """Jupyter runs the bare names of Python with its own interpreter; a path must be this one's (no links followed)."""
    bare = {"python", f"python{sys.version_info[0]}", ".".join(map(str, ("python3", sys.version_info[1])))}
    mine = program in bare or Path(program).parent == Path(sys.executable).parent
    what = "python3 is this interpreter" if mine else f"python3 is another interpreter: {program}"
    return Finding("kernel", mine, what, "" if mine else cure)


def loopback(patient: Patient) -> Iterator[Finding]:
    """A byte there and back over 127.0.0.1, and no proxy in between."""
    try:
        with (
            socket.create_server(("127.0.0.1", 0)) as listener,
            socket.create_connection(listener.getsockname(), timeout=PATIENCE) as near,
            listener.accept()[0] as far,
        ):
            near.sendall(b"!")
            far.recv(1)
    except OSError as error:
        cure = (
            "Windows Security > Firewall & network protection > Allow an app: Python."
            if WINDOWS
            else "Let the firewall accept connections on the interface lo (127.0.0.1)."
        )
        yield Finding("loopback", False, f"127.0.0.1 does not work: {error}", cure)
        return
    yield Finding("loopback", True, "127.0.0.1 works")
    proxied = "http" in urllib.request.getproxies() and not urllib.request.proxy_bypass("127.0.0.1")
    if proxied:
        setting = "setx NO_PROXY 127.0.0.1,localhost" if WINDOWS else "export NO_PROXY=127.0.0.1,localhost"
        cure = f"{setting}\nThen open a new terminal and start again."
        yield Finding("loopback", False, "a proxy would stand between you and your own machine", cure)


def port(patient: Patient) -> Iterator[Finding]:
    yield judge_port(patient.port, patient.server, _who_answers(patient.port), _holder(patient.port))


def judge_port(number: int, server: Server | None, answers: str, holder: str = "") -> Finding:
    """`answers` is nobody, lab (a lab server) or other; `holder` the process, where the system tells."""
    name = f"port {number}"
    if server is not None and server.port == number:
        return Finding(name, True, "your lab server")
    if answers == "nobody":
        return Finding(name, True, "free")
    look = f"netstat -ano | findstr :{number}" if WINDOWS else f"lsof -i :{number}"
    who = "a lab server that is not this home's" if answers == "lab" else "another program"
    cure = "Nothing to do: the next free port is used." + ("" if holder else f" Who it is: {look}")
    return Finding(name, True, f"taken by {who}{f' ({holder})' if holder else ''}", cure)


def folder(patient: Patient) -> Iterator[Finding]:
    place = next(path for path in (patient.work, *patient.work.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        cure = f"Choose another folder: wirelab up --work {Path.home() / 'wirelab'}"
        yield Finding("work folder", False, f"{patient.work} cannot be written: {error.strerror}", cure)
        return
    yield Finding("work folder", True, f"{patient.work} can be written")


def server(patient: Patient) -> Iterator[Finding]:
    if patient.hung is not None:
        what = f"process {patient.hung.pid} lives but does not answer at {patient.hung.url}"
        yield Finding("lab server", False, what, "wirelab down")
    elif patient.server is not None:
        yield Finding("lab server", True, f"healthy at {patient.server.url}")
    else:
        yield Finding("lab server", True, "none runs; `wirelab up` or `labkit.open(...)` starts one")


CHECKS = (
    *(python, surroundings.venv, packages, kernel, loopback, surroundings.proxies, port),
    *(surroundings.clock, surroundings.disk, folder, surroundings.home, server),
)


def _places(course: Path | None, work: Path | None) -> tuple[Path | None, Path]:
    """The course's folder, if there is one, and the learner's."""
    try:
        root = workspace.course_root(course)
    except workspace.CourseNotFound:
        return None, (work or Path.cwd() / "work").expanduser().resolve()
    return root, workspace.work_folder(root, work)


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _pins(root: Path | None) -> dict[str, str]:
    """requirements.lock: name to version. Empty where there is no such file."""
    lock = (root or Path()) / "requirements.lock"
    if root is None or not lock.is_file():
        return {}
    lines = (line.split("#")[0].strip() for line in lock.read_text(encoding="utf-8").splitlines())
    pairs = (line.split(";")[0].split("==") for line in lines if "==" in line.split(";")[0])
    return {canonicalize_name(pair[0].strip()): pair[1].strip() for pair in pairs}


def _install(patient: Patient) -> str:
    there = patient.root or Path("the course's folder")
    return f'cd {there}\n"{sys.executable}" -m pip install -r requirements.lock -e .'


def _who_answers(number: int) -> str:
    try:
        socket.create_connection(("127.0.0.1", number), timeout=PATIENCE).close()
    except OSError:
        return "nobody"
    try:
        answer = httpx2.get(f"http://127.0.0.1:{number}/lab", trust_env=False, verify=False, timeout=PATIENCE).json()
        return "lab" if isinstance(answer, dict) and "fingerprint" in answer else "other"
    except (httpx2.HTTPError, ValueError):
        return "other"


def _holder(number: int) -> str:
    """`python, process 4711`: who listens there. Empty where the system does not tell us."""
    try:
        listening = [each for each in psutil.net_connections("tcp") if each.status == psutil.CONN_LISTEN]
        pids = [each.pid for each in listening if each.laddr.port == number and each.pid]
        return f"{psutil.Process(pids[0]).name()}, process {pids[0]}" if pids else ""
    except (psutil.Error, OSError):
        return ""
