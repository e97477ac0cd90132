curl -X POST "http://localhost:8001/api/v1/query/stream" \
  -H "Content-Type: application/json" \
  -d '{"query": "What is artificial intelligence?", "model": "gpt-4o-mini"}' \
  --no-buffer
