"""The PRESETS table: providers with an OpenAI-compatible address, by name. Knows addresses and habits; asks nobody.

Models get old: a default that is gone is an error with a cure, and `--provider-model` names another.
"""

from dataclasses import dataclass

from labserver.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Preset:
    """`key` is the variable of the environment that holds the key, and `needs_key` whether it must be there.

    `model` answers for the usual names; where it is empty, the first that the provider lists does. `start` is how to
    start a local one, `fetch` how to get a model for it. `lacks` are parameters that it refuses; `limit` is its name
    for max_tokens; `short_ids` wants ids of tool calls of nine letters and digits; `developer` is whether it has that
    role.
    """

    name: str
    title: str
    url: str
    key: str = ""
    needs_key: bool = True
    model: str = ""
    start: str = ""
    fetch: str = ""
    lacks: frozenset[str] = frozenset()
    limit: str = "max_tokens"
    short_ids: bool = False
    developer: bool = False

    @property
    def local(self) -> bool:
        """A program on this machine, which somebody has to start."""
        return bool(self.start)


ROWS = (
    Preset(
        "openai",
        "OpenAI",
        "https://api.openai.com/v1",
        "OPENAI_API_KEY",
        model="gpt-4o-mini",
        limit="max_completion_tokens",
        developer=True,
    ),
    Preset(
        "gemini",
        "Gemini",
        "https://generativelanguage.googleapis.com/v1beta/openai",
        "GEMINI_API_KEY",
        model="gemini-2.5-flash",
        lacks=frozenset({"seed", "parallel_tool_calls"}),
    ),
    Preset(
        "anthropic",
        "Anthropic",
        "https://api.anthropic.com/v1",
        "ANTHROPIC_API_KEY",
        model="claude-haiku-4-5",
    ),
    Preset(
        "mistral",
        "Mistral",
        "https://api.mistral.ai/v1",
        "MISTRAL_API_KEY",
        model="mistral-small-latest",
        lacks=frozenset({"seed", "stream_options", "logprobs", "top_logprobs"}),
        short_ids=True,
    ),
    Preset(
        "groq",
        "Groq",
        "https://api.groq.com/openai/v1",
        "GROQ_API_KEY",
        model="llama-3.1-8b-instant",
        lacks=frozenset({"logprobs", "top_logprobs"}),
    ),
    Preset(
        "openrouter", "OpenRouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY", model="openai/gpt-4o-mini"
    ),
    Preset(
        "ollama",
        "Ollama",
        "http://127.0.0.1:11434/v1",
        "OLLAMA_API_KEY",
        needs_key=False,
        model="llama3.2",
        start="ollama serve",
        fetch="ollama pull",
    ),
    Preset(
        "vllm",
        "vLLM",
        "http://127.0.0.1:8000/v1",
        "VLLM_API_KEY",
        needs_key=False,
        start="vllm serve MODEL",
    ),
    Preset(
        "lmstudio",
        "LM Studio",
        "http://127.0.0.1:1234/v1",
        "LMSTUDIO_API_KEY",
        needs_key=False,
        start="lms server start",
        fetch="lms get",
    ),
    Preset(
        "llamacpp",
        "llama.cpp",
        "http://127.0.0.1:8080/v1",
        "LLAMACPP_API_KEY",
        needs_key=False,
        start="llama-server -m MODEL.gguf",
    ),
)
PRESETS = {preset.name: preset for preset in ROWS}


def preset_of(name: str) -> Preset:
    """Raises Unavailable with the names that exist."""
    if name not in PRESETS:
        raise Unavailable(f"There is no provider {name!r}. There are: {', '.join(PRESETS)}.")
    return PRESETS[name]
