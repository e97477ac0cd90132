"""Of two JupyterLabs that begin in one moment, the one that loses its port begins again, and is found where it is."""

import sys
from pathlib import Path

import pytest

from labkit import jupyter

# Loses its port the first time, having written down addresses where it never listened; listens the second time.
LOSES_ONCE = f"""
import json, os, pathlib, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

private = pathlib.Path(os.environ["JUPYTER_RUNTIME_DIR"])

def tell(name, port):
    (private / f"jpserver-{{name}}.json").write_text(json.dumps({{"url": f"http://127.0.0.1:{{port}}/"}}))

class Lab(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

if not (private / "been").exists():
    (private / "been").touch()
    for number in range(30):
        tell(number, 9)
    print("ERROR: {jupyter.LOST}.")
    sys.exit(1)
listener = HTTPServer(("127.0.0.1", 0), Lab)
tell("again", listener.server_port)
listener.serve_forever()
"""


def test_one_that_lost_its_port_leaves_no_address_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABKIT_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(jupyter, "_command", lambda *_: [sys.executable, "-c", LOSES_ONCE])
    monkeypatch.setattr(jupyter, "START_PATIENCE", 10.0)
    monkeypatch.setattr(jupyter, "END_PATIENCE", 0.5)
    with jupyter.running(tmp_path) as lab:
        assert lab.process.poll() is None
        assert not lab.url.endswith(":9/")
