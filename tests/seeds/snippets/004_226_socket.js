// Connect
const ws = new WebSocket('ws://localhost:8080/api/v1/ws');

// Connection established
ws.onopen = () => {
  console.log('Connected');
  
  // Send request
  ws.send(JSON.stringify({
    prompt: "What is Rust?",
    metadata: { user: "alice" },
    stream: true
  }));
};

// Receive messages
ws.onmessage = (event) => {
  const data = JSON.parse(event.data);
  console.log('Received:', data);
  
  if (data.type === 'result') {
    console.log('Result:', data.result);
  }
};

// Handle errors
ws.onerror = (error) => {
  console.error('WebSocket error:', error);
};

// Connection closed
ws.onclose = () => {
  console.log('Disconnected');
};
