"""What a witness may ask for: some of the exchanges, the second origin's, every kind of rule, the rules in force."""

from collections.abc import Iterator

import pytest
import requests
from asking import QUERY, dial, hear, read

from labkit.witness import Witness, WitnessError


@pytest.fixture
def witness(server) -> Iterator[Witness]:
    with Witness.of_new_sandbox(server.url, name="test", seed=7) as made:
        yield made


def get(witness: Witness, path: str, **headers: str) -> requests.Response:
    owner = {"authorization": f"Bearer {witness.key}"}
    return requests.get(witness.url + path, headers=owner | headers, timeout=5)


@pytest.fixture
def busy(witness: Witness) -> Witness:
    """Five exchanges of several kinds."""
    get(witness, "/health")
    get(witness, "/nowhere?page=2")
    read(witness, "/api/v1/query/stream", QUERY)
    with dial(witness) as socket:
        hear(socket)
    get(witness, "/shop/products/101")
    return witness


@pytest.mark.parametrize(
    ("conditions", "numbers"),
    [
        ({}, [1, 2, 3, 4, 5]),
        ({"path": "/api/*"}, [3, 4]),
        ({"path": "/nowhere"}, [2]),
        ({"method": "post"}, [3]),
        ({"status": 404}, [2]),
        ({"status": "2xx"}, [1, 3, 5]),
        ({"status": 101}, [4]),
        ({"kind": "websocket"}, [4]),
        ({"since": 3}, [4, 5]),
        ({"since": 0}, [1, 2, 3, 4, 5]),
        ({"last": 2}, [4, 5]),
        ({"open": True}, []),
        ({"malformed": False, "last": 1}, [5]),
        ({"malformed": True}, []),
        ({"origin": "lab", "kind": "http", "method": "GET", "last": 1}, [5]),
        ({"origin": "stranger"}, []),
    ],
)
def test_the_journal_gives_what_was_asked_for(busy: Witness, conditions: dict, numbers: list[int]) -> None:
    assert [seen.number for seen in busy.exchanges(**conditions)] == numbers


@pytest.mark.parametrize(
    ("conditions", "told"),
    [
        ({"status": "teapot"}, "status"),
        ({"kind": "sse"}, "kind"),
        ({"last": 0}, "last"),
        ({"origin": "moon"}, "origin"),
    ],
)
def test_a_condition_that_cannot_be_is_refused_in_the_servers_words(witness, conditions: dict, told: str) -> None:
    with pytest.raises(WitnessError, match=rf"does not fit: {told}: "):
        witness.exchanges(**conditions)


def test_the_second_origin_says_which_credentials_it_was_given(witness: Witness) -> None:
    stranger = witness.open_stranger()
    witness.add_fault("redirect;code=307")
    answer = get(witness, "/shop/products", **{"x-api-key": witness.key})
    assert answer.url == f"{stranger}/shop/products"
    (there,) = witness.exchanges(origin="stranger")
    (here,) = witness.exchanges()
    assert (here.status, here.carried) == (307, ("authorization", "x-api-key"))
    assert (there.path, there.status, there.carried) == ("/shop/products", 200, ("x-api-key",))
    assert witness.key.encode() not in b"".join(data for _, data in there.sent_by_client)
    witness.close_stranger()
    with pytest.raises(requests.ConnectionError):
        requests.get(stranger, timeout=5)


@pytest.mark.parametrize(
    ("rule", "struck"),
    [
        ({}, [1]),
        ({"first": 2}, [1, 2]),
        ({"every": 2}, [2, 4, 6]),
        ({"every": 2, "first": 1}, [2]),
        ({"probability": 1.0}, [1, 2, 3, 4, 5, 6]),
        ({"ttl": 60}, [1, 2, 3, 4, 5, 6]),
        ({"path": "/shop/*"}, []),
    ],
)
def test_a_rule_may_say_everything_that_the_servers_rules_say(witness: Witness, rule: dict, struck: list[int]) -> None:
    assert witness.add_fault("pings", **rule) == "pings"
    for _ in range(6):
        get(witness, "/health")
    assert [seen.number for seen in witness.exchanges() if seen.fault] == struck


def test_the_rules_in_force_can_be_read_and_so_can_the_table(witness: Witness) -> None:
    assert witness.faults()[0] == []
    witness.add_fault("cut;after=2", path="/api/*", every=3)
    rules, table = witness.faults()
    assert [(rule["plan"], rule["path"], rule["first"], rule["every"]) for rule in rules] == [
        ("cut;after=2", "/api/*", None, 3)
    ]
    assert {"insert_row", "rename_field", "redirect", "cut"} <= table.keys()
    assert all(len(does) > 10 for does in table.values())


def test_a_rule_that_cannot_be_is_refused_in_the_servers_words(witness: Witness) -> None:
    with pytest.raises(WitnessError, match=r"every: .*greater than or equal to 1"):
        witness.add_fault("cut", every=0)
    with pytest.raises(WitnessError, match=r"no fault 'cutt'.* Did you mean 'cut'\?$"):
        witness.add_fault("cutt")
