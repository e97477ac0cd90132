"""Seed 002's versioned routes: the seed's own little server and ours, asked the same."""

import pytest
import requests
from programs import python
from starlette.testclient import TestClient

MODEL = (
    "from pydantic import BaseModel\n\n\nclass GenerationRequest(BaseModel):\n    prompt: str\n    metadata: dict\n\n\n"
)
V1 = "/api/v1/generate?prompt=What+is+tea"
V2 = {"prompt": "What is tea?", "metadata": {"user": "alice"}}


@pytest.mark.seed("002_175_versions.py", ("app = FastAPI()", f"{MODEL}app = FastAPI()"))
def test_the_seeds_own_server_takes_v1s_prompt_from_the_query(snippet, door) -> None:
    with pytest.raises(NameError, match="GenerationRequest"):
        python(snippet.as_written(door.url))
    with TestClient(python(snippet.corrected(door.url))["app"]) as seeds:
        assert seeds.post(V1).json() == {"text": "V1: What is tea"}
        assert seeds.post("/api/v1/generate", json={"prompt": "tea"}).status_code == 422
        assert seeds.post("/api/v2/generate", json=V2).json() == {"text": "V2: What is tea?", "meta": V2["metadata"]}


def test_both_versions_of_generate_answer_in_the_seeds_shape(door) -> None:
    first = requests.post(door.url + V1, timeout=10)
    assert first.status_code == 200
    assert isinstance(first.json()["text"], str)
    assert "deprecation" in first.headers
    second = requests.post(f"{door.url}/api/v2/generate", json=V2, timeout=10)
    assert second.status_code == 200
    assert isinstance(second.json()["text"], str)
    assert V2["metadata"].items() <= second.json()["meta"].items()
