// Submit request first to get ID
const response = await fetch('http://localhost:8080/api/v1/infer', {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ prompt: 'Explain Rust' })
});

const { request_id } = await response.json();

// Connect to SSE stream
const eventSource = new EventSource(
  `http://localhost:8080/api/v1/stream/${request_id}`
);

// Handle events
eventSource.addEventListener('start', (e) => {
  console.log('Stream started:', JSON.parse(e.data));
});

eventSource.addEventListener('token', (e) => {
  const token = JSON.parse(e.data);
  console.log('Token:', token.data);
  // Update UI with token
});

eventSource.addEventListener('complete', (e) => {
  console.log('Stream complete');
  eventSource.close();
});

eventSource.onerror = (err) => {
  console.error('SSE error:', err);
  eventSource.close();
};
