async function streamGPTQuery(query) {
    const response = await fetch('http://localhost:8001/api/v1/query/stream', {
        method: 'POST',
        headers: {
            'Content-Type': 'application/json',
        },
        body: JSON.stringify({
            query: query,
            model: 'gpt-4o-mini',
            temperature: 0.7
        })
    });

    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    let fullResponse = '';

    while (true) {
        const { done, value } = await reader.read();
        if (done) break;

        const chunk = decoder.decode(value);
        const lines = chunk.split('\n');

        for (const line of lines) {
            if (line.startsWith('data: ')) {
                const data = line.slice(6);
                if (data === '[DONE]') {
                    console.log('✅ Stream completed!');
                    return fullResponse;
                }

                try {
                    const parsed = JSON.parse(data);
                    
                    switch (parsed.type) {
                        case 'start':
                            console.log(`🚀 Started with model: ${parsed.model}`);
                            break;
                        case 'content':
                            process.stdout.write(parsed.chunk); // Real-time display
                            fullResponse += parsed.chunk;
                            break;
                        case 'end':
                            console.log(`\n✅ Completed! Tokens: ${parsed.tokens_used}, Time: ${parsed.processing_time}s`);
                            break;
                        case 'error':
                            console.error(`❌ Error: ${parsed.error}`);
                            break;
                    }
                } catch (e) {
                    // Skip malformed JSON
                }
            }
        }
    }
}

// Usage
streamGPTQuery("Explain quantum computing in simple terms");
