# Two-step process

# Step 1: Submit request
REQUEST_ID=$(curl -s -X POST http://localhost:8080/api/v1/infer \
  -H "Content-Type: application/json" \
  -d '{"prompt": "Hello"}' \
  | jq -r '.request_id')

# Step 2: Stream results
curl http://localhost:8080/api/v1/stream/$REQUEST_ID
