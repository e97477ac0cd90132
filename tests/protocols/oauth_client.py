"""An OAuth2 client of one sandbox, written by hand with `requests`, and how it reads a refusal."""

import requests


class Client:
    """An OAuth2 client of one sandbox, written by hand."""

    def __init__(self, server, **wanted) -> None:
        self.server = server
        self.owner = server.sandbox()
        made = server.http.post("/auth/keys", json=wanted, headers={"x-api-key": self.owner}).json()
        self.id, self.key = made["id"], made["key"]

    def ask(self, grant: str = "client_credentials", **form) -> requests.Response:
        told = {"grant_type": grant, **form}
        return requests.post(f"{self.server.url}/auth/token", data=told, auth=(self.id, self.key), timeout=10)

    def token(self, **form) -> dict:
        answer = self.ask(**form)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def about(self, method: str = "GET", path: str = "/lab/auth", **wanted) -> dict:
        answer = self.server.http.request(method, path, headers={"x-api-key": self.owner}, json=wanted or None)
        return answer.raise_for_status().json()


def get(server, token: str, path: str = "/auth/me") -> requests.Response:
    return requests.get(server.url + path, headers={"authorization": f"Bearer {token}"}, timeout=10)


def reason(answer: requests.Response) -> tuple[int, str]:
    """(status, error) of a token endpoint's refusal, whose shape is looked over here."""
    body = answer.json()
    assert set(body) == {"error", "error_description"}, body
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
    assert len(body["error_description"]) > 10
    return answer.status_code, body["error"]
