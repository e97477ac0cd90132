# Traditional approach - blocking until complete
def get_ai_response(prompt):
    response = openai.ChatCompletion.create(
        model="gpt-4",
        messages=[{"role": "user", "content": prompt}]
    )
    return response.choices[0].message.content

# User waits 30+ seconds for complete response
full_response = get_ai_response("Explain quantum computing")
print(full_response)  # Displays all at once
