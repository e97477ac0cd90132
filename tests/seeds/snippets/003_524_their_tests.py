import pytest
import asyncio

class TestStreamingClient:
    @pytest.fixture
    def streaming_client(self):
        return StreamingAIClient(api_key="test-key")
    
    @pytest.mark.asyncio
    async def test_streaming_response(self, streaming_client):
        chunks = []
        async for chunk in streaming_client.stream_chat("Hello"):
            chunks.append(chunk)
        
        assert len(chunks) > 0
        assert ''.join(chunks)  # Should form coherent response
    
    @pytest.mark.asyncio
    async def test_error_recovery(self, streaming_client):
        # Simulate network error
        with pytest.raises(Exception):
            async for chunk in streaming_client.stream_with_recovery("test", "test-id"):
                if len(chunks) > 5:
                    raise ConnectionError("Simulated network error")
