"""What the small course of these tests says: its manifest, beliefs, words, notes, and what people send. Only text."""

MANIFEST = """
[course]
title = "Tea by wire"

[[lesson]]
id = "00"
slug = "tea"
title = "A cup of tea"
promise = "You brew a cup."
minutes = { teaching = 20, exercises = 12 }
introduces = ["f-string"]
exercises = [
    { id = "00.1", title = "Pour", minutes = 5, guided = true },
    { id = "00.2", title = "Brew", minutes = 12 },
]

[[lesson]]
id = "01"
slug = "milk"
title = "With milk"
minutes = { teaching = 30 }
requires = ["00"]
introduces = ["with"]
"""
BELIEFS = "\n".join(
    f"""
[{name}]
lesson = "00"
exercise = "{exercise}"
belief = "{belief}"
source = "the neighbours"
hint = "{"Look at the leaf before you pour the water on it. " * 2}"
"""
    for name, exercise, belief in (
        ("response-is-the-data", "00.1", "The cup is the tea."),
        ("server-lives-in-the-notebook", "00.2", "The kitchen is in my cup."),
        ("retries-happened", "00.2", "Somebody knocked twice."),
    )
)
GLOSSARY = """
planned = ["07"]

[[term]]
term = "Leaf"
means = "What the water is poured on."
lesson = "00"
said = "step 3"
source = "the neighbours"

[[term]]
term = "Kettle"
means = "What sings when the water boils."
lesson = "07"
source = "the kitchen"

[[status]]
codes = "418"
name = "I'm a teapot"
fault = "nobody's"
again = "no"
do = "ask another pot"

[[header]]
purpose = "what is in the cup"
asked = "`Accept`"
answered = "`Content-Type`"

[retry]
rule = ["**When?** When it boils."]
"""
NOTE = "# {lesson}: for the instructor\n\n| Minutes | Part |\n|---|---|\n{rows}\n\n{beliefs}"
HELD = """\
- `response-is-the-data`: ask.
- `server-lives-in-the-notebook`: ask.
- `retries-happened`: ask.
"""
# What three people send, for 00.1 and for 00.2.
SENT = {
    "00.1": """
@wrong(NOT_THE_WAY, "no X-Learner header")
def says_no_name(base_url, name):
    return requests.get(base_url + "/health").json()


@wrong("not the data", belief="response-is-the-data")
def returns_the_response(base_url, name):
    return requests.get(base_url + "/health")


@right
def greets(base_url, name):
    return requests.get(f"{base_url}/health", headers={"x-learner": name}).json()
""",
    "00.2": """
@wrong(NOT_THE_WAY, "it took 2 requests")
def asks_twice(base_url):
    requests.get(base_url + "/coffee")
    requests.get(base_url + "/coffee")


@wrong("answered 200, not 404")
def asks_what_exists(base_url):
    requests.get(base_url + "/health")


@wrong("No request", belief="server-lives-in-the-notebook")
def asks_nobody(base_url):
    return "404"


@wrong("Max retries", belief="retries-happened", status="crashed")
def asks_a_closed_door(base_url):
    requests.get("http://127.0.0.1:9/coffee")


@right
def asks_in_a_session(base_url):
    with requests.Session() as session:
        session.get(base_url + "/coffee")
""",
}
SENDING = (
    '"""What people send."""\n\nimport requests\n\nfrom labkit.author.answers import NOT_THE_WAY, right, wrong\n\n'
)
