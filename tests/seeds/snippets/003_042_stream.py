# Streaming approach - immediate feedback
def stream_ai_response(prompt):
    stream = openai.ChatCompletion.create(
        model="gpt-4",
        messages=[{"role": "user", "content": prompt}],
        stream=True  # Enable streaming
    )
    
    for chunk in stream:
        if chunk.choices[0].delta.content is not None:
            content = chunk.choices[0].delta.content
            print(content, end='', flush=True)  # Display immediately
            yield content

# User sees response appear word by word
for chunk in stream_ai_response("Explain quantum computing"):
    # Process each chunk as it arrives
    update_ui(chunk)
