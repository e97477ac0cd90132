curl -X POST "http://localhost:8001/api/v1/query" \
  -H "Content-Type: application/json" \
  -d '{"query": "Hello, how are you?", "model": "gpt-4o-mini"}'
