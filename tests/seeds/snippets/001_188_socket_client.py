import asyncio
import websockets
import json

async def websocket_client():
    uri = "ws://localhost:8001/api/v1/query/ws"
    
    async with websockets.connect(uri) as websocket:
        print("🔗 Connected to WebSocket!")
        
        # Send query
        query_data = {
            "query": "Explain neural networks briefly",
            "model": "gpt-4o-mini",
            "temperature": 0.8
        }
        
        await websocket.send(json.dumps(query_data))
        print(f"📤 Sent: {query_data['query']}")
        
        # Receive streaming response
        full_response = ""
        async for message in websocket:
            data = json.loads(message)
            
            if data['type'] == 'start':
                print(f"🚀 Started with model: {data['model']}")
            elif data['type'] == 'content':
                print(data['chunk'], end='', flush=True)
                full_response += data['chunk']
            elif data['type'] == 'end':
                print(f"\n✅ Complete! Tokens: {data['tokens_used']}")
                break
            elif data['type'] == 'error':
                print(f"❌ Error: {data['error']}")
                break

# Run the client
asyncio.run(websocket_client())
