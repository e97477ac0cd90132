import requests

def stream_ai_response(prompt):
    """Stream AI response word by word"""
    url = "https://api.openai.com/v1/chat/completions"
    headers = {
        "Authorization": "Bearer YOUR_API_KEY",
        "Content-Type": "application/json"
    }
    data = {
        "model": "gpt-4",
        "messages": [{"role": "user", "content": prompt}],
        "stream": True  # Enable streaming!
    }
    
    # Stream response
    response = requests.post(url, json=data, headers=headers, stream=True)
    
    for line in response.iter_lines():
        if line:
            # Parse streaming data
            decoded = line.decode('utf-8')
            if decoded.startswith('data: '):
                json_str = decoded[6:]  # Remove 'data: ' prefix
                if json_str != '[DONE]':
                    try:
                        import json
                        chunk = json.loads(json_str)
                        # Extract text from chunk
                        if 'choices' in chunk:
                            delta = chunk['choices'][0].get('delta', {})
                            content = delta.get('content', '')
                            if content:
                                print(content, end='', flush=True)
                    except:
                        pass

# Usage
stream_ai_response("Tell me a story about AI")
