"""A Jupyter Server as a hub starts one: under a prefix, with a token, with jupyter-server-proxy and our own door."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

import httpx2
from websockets.sync.client import connect

from labkit import runtime, session
from labkit.witness import Witness

ROOT = Path(__file__).parents[3]
BASE = "/user/ann/"


@dataclass(frozen=True)
class Hub:
    """`url` is Jupyter's own, with the prefix; `server` is the lab server behind it."""

    url: str
    token: str
    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def door(self) -> str:
        return f"{self.url}wirelab/"

    @property
    def login(self) -> dict[str, str]:
        return {"authorization": f"token {self.token}"}

    @property
    def server(self) -> runtime.Server:
        server = session.find()
        assert server is not None, "no lab server runs"
        return server

    def client(self, **headers: str) -> httpx2.Client:
        return httpx2.Client(base_url=self.door, headers={**self.login, **headers}, trust_env=False, timeout=20)

    def sandbox(self) -> Witness:
        """A sandbox of the server behind the door, watched without the door."""
        return Witness.of_new_sandbox(self.server.url, seed=7)


def installed(folder: Path) -> Path:
    """What an install of today's tree would leave for Jupyter: our entry points, and the config file."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["project"]["entry-points"]
    told = folder / "wirelab-0.dist-info"
    told.mkdir(parents=True)
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: wirelab\nVersion: 0\n", encoding="utf-8")
    lines = [
        line for group, rows in groups.items() for line in (f"[{group}]", *(f"{k} = {v}" for k, v in rows.items()))
    ]
    (told / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    for source, target in project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"].items():
        place = folder / Path(target).relative_to("etc")
        place.parent.mkdir(parents=True)
        shutil.copy(ROOT / source, place)
    return folder


def started(folder: Path, site: Path) -> Hub:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    (folder / "root").mkdir()
    log = folder / "jupyter.log"
    (folder / "token").write_text(token, encoding="ascii")
    command = [sys.executable, "-m", "jupyter_server", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"]
    command += [f"--ServerApp.base_url={BASE}", f"--ServerApp.root_dir={folder / 'root'}", "--no-browser"]
    command += ["--ServerApp.allow_root=True", "--ServerApp.port_retries=0", "--ServerApp.allow_remote_access=True"]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(site), str(ROOT), os.environ["PYTHONPATH"]]),
        "JUPYTER_TOKEN_FILE": str(folder / "token"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_CONFIG_PATH": str(site / "jupyter"),
    }
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    hub = Hub(f"http://127.0.0.1:{port}{BASE}", token, process, log)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx2.get(f"{hub.url}api/status", headers=hub.login, trust_env=False).is_success:
                return hub
        except httpx2.TransportError:
            time.sleep(0.1)
    process.kill()
    process.wait()
    raise AssertionError(f"Jupyter did not start:\n{log.read_text()}")


def kernel(hub: Hub, code: str) -> str:
    """What `code` prints in a kernel that this Jupyter starts."""
    with httpx2.Client(base_url=hub.url, headers=hub.login, trust_env=False, timeout=60) as http:
        made = http.post("api/kernels", json={"name": "python3"}).raise_for_status().json()
        try:
            address = f"{hub.url.replace('http', 'ws', 1)}api/kernels/{made['id']}/channels?token={hub.token}"
            with connect(address, proxy=None) as socket:
                header = {
                    "msg_id": "a",
                    "msg_type": "execute_request",
                    "session": "s",
                    "username": "",
                    "version": "5.3",
                }
                content = {"code": code, "silent": False, "store_history": False, "user_expressions": {}}
                asked = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
                socket.send(json.dumps(asked))
                said = ""
                while True:
                    message = json.loads(socket.recv(timeout=60))
                    if message["parent_header"].get("msg_id") != "a":
                        continue
                    if message["msg_type"] == "stream":
                        said += message["content"]["text"]
                    assert message["msg_type"] != "error", message["content"]
                    if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                        return said.strip()
        finally:
            http.delete(f"api/kernels/{made['id']}")
