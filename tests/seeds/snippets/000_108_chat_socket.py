import asyncio
import websockets
import json

async def chat_client():
    """Connect to WebSocket server"""
    uri = "ws://localhost:8765"
    
    async with websockets.connect(uri) as websocket:
        # Send message
        await websocket.send(json.dumps({
            "type": "message",
            "content": "Hello, AI!"
        }))
        
        # Receive response
        response = await websocket.recv()
        data = json.loads(response)
        print(f"Received: {data}")

# Run client
asyncio.run(chat_client())
