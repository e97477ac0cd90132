"""What people really type, and the entry of the library that should answer. None is the honest fallback."""

import pytest

from labserver.providers.mock import index
from labserver.providers.words import words

PROMPTS = {
    # the seeds' own
    "What is Rust?": "rust",
    "Explain quantum computing in simple terms": "quantum-computing",
    "Tell me a story about AI": "story-ai",
    "Give me a Python example": "python-example",
    "Hello, how are you?": "how-are-you",
    "Hello, AI!": "hello-ai",
    "What is machine learning?": "machine-learning",
    "Explain neural networks briefly": "neural-networks",
    "What is artificial intelligence?": "artificial-intelligence",
    "How do I brew green tea?": "green-tea",
    "Which tea goes well with a rainy afternoon?": "rainy-afternoon",
    "What's the weather?": "weather",
    "Where is my order?": "order-status",
    # small talk
    "Hello!": "hello",
    "Thanks a lot!": "thanks",
    "Bye": "goodbye",
    "Who are you?": "who-are-you",
    "What can you do?": "what-can-you-do",
    "Tell me a joke, please": "joke",
    "Write a haiku about tea": "haiku",
    # the shop
    "Which kettle should I buy?": "kettles",
    "Do you ship to Norway?": "delivery",
    "Can I return a kettle?": "returns",
    "My kettle arrived broken!": "complaint",
    "How do I descale my kettle?": "descaling",
    "Do you have a gift voucher?": "vouchers",
    # tea
    "What's matcha?": "matcha",
    "抹茶": "matcha",
    "Was ist Grüner Tee?": "gruener-tee",
    "What temperature for green tea?": "green-tea",
    "How long should tea steep?": "tea-temperature",
    "Should I put milk in Earl Grey?": "milk-or-sugar",
    "sencha?": "green-tea",
    "Is there caffeine in tea?": "caffeine",
    # HTTP and REST
    "What is HTTP?": "what-is-http",
    "What's HTTP/2?": "http2",
    "What is HTTPS?": "tls-https",
    "Hi there, what does 404 mean?": "status-codes",
    "401 vs 403": "unauthorized-or-forbidden",
    "Explain the difference between PUT and PATCH": "put-and-patch",
    "What is REST?": "rest",
    "what is an api": "what-is-an-api",
    "Explain JWT": "jwt",
    "What is a bearer token?": "bearer-token",
    "How does TLS work?": "tls-https",
    "What's UTF-8?": "utf-8",
    "What is CORS?": "cors",
    "what is chunked transfer encoding": "chunked-encoding",
    # resilience
    "My request returned 429, why?": "rate-limits",
    "How do I retry with exponential backoff?": "retries-backoff",
    "What is jitter?": "jitter",
    "What is an idempotency key?": "idempotency-key",
    "What is a circuit breaker?": "circuit-breaker",
    # streams and sockets
    "How do server-sent events work?": "server-sent-events",
    "SSE vs WebSockets": "sse-or-websocket",
    "Please compare SSE and WebSockets": "sse-or-websocket",
    "Hi there, what is a WebSocket?": "websockets",
    "What does close code 1006 mean?": "close-codes",
    "What is NDJSON?": "ndjson",
    "What is Last-Event-ID?": "last-event-id",
    "What is time to first token?": "time-to-first-token",
    # models
    "How many tokens are in a word?": "tokens",
    "What is temperature?": "temperature",
    "Why do you hallucinate?": "hallucination",
    "What is a context window?": "context-window",
    "How do LLMs work?": "language-models",
    # computing
    "How do I use asyncio.gather?": "asyncio",
    "What is an event loop?": "event-loop",
    "What is Jupyter?": "jupyter",
    # nothing that the library knows
    "I trust you with the rest of it": None,
    "What is the capital of France?": None,
    "Hello, who won the world cup in 1974?": None,
    "What is Docker?": None,
    "Summarize this article for me": None,
    "Explain Kubernetes": None,
    "What is the meaning of life?": None,
}


@pytest.mark.parametrize(("prompt", "expected"), PROMPTS.items())
def test_a_prompt_finds_the_entry_that_a_person_would_expect(prompt: str, expected: str | None) -> None:
    match = index().best(words(prompt))
    assert (match.entry.id if match else None) == expected


def test_every_first_phrase_finds_its_own_entry() -> None:
    found = {entry.id: index().best(words(entry.phrases[0])) for entry in index().entries}
    assert {name: match and match.entry.id for name, match in found.items()} == {name: name for name in found}
