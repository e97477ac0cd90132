import asyncio
import json
from enum import Enum
from dataclasses import dataclass
from typing import AsyncGenerator, Optional, Callable

class StreamState(Enum):
    STARTING = "starting"
    STREAMING = "streaming"
    COMPLETED = "completed"
    ERROR = "error"

@dataclass
class StreamChunk:
    content: str
    state: StreamState
    metadata: dict
    error: Optional[str] = None

class AdvancedStreamingClient:
    def __init__(self, api_key: str, model: str = "gpt-4"):
        self.client = openai.AsyncOpenAI(api_key=api_key)
        self.model = model
        self.active_streams = {}
    
    async def stream_with_recovery(
        self, 
        message: str, 
        stream_id: str,
        on_chunk: Optional[Callable] = None,
        max_retries: int = 3
    ) -> AsyncGenerator[StreamChunk, None]:
        """
        Stream with automatic error recovery and retry logic.
        """
        self.active_streams[stream_id] = {
            'status': StreamState.STARTING,
            'chunks': [],
            'retry_count': 0
        }
        
        for attempt in range(max_retries):
            try:
                yield StreamChunk(
                    content="",
                    state=StreamState.STARTING,
                    metadata={'attempt': attempt + 1}
                )
                
                async for chunk in self._stream_internal(message):
                    chunk_obj = StreamChunk(
                        content=chunk,
                        state=StreamState.STREAMING,
                        metadata={
                            'stream_id': stream_id,
                            'chunk_index': len(self.active_streams[stream_id]['chunks'])
                        }
                    )
                    
                    self.active_streams[stream_id]['chunks'].append(chunk)
                    
                    if on_chunk:
                        await on_chunk(chunk_obj)
                    
                    yield chunk_obj
                
                # Successful completion
                yield StreamChunk(
                    content="",
                    state=StreamState.COMPLETED,
                    metadata={'total_chunks': len(self.active_streams[stream_id]['chunks'])}
                )
                break
                
            except Exception as e:
                self.active_streams[stream_id]['retry_count'] = attempt + 1
                
                if attempt < max_retries - 1:
                    yield StreamChunk(
                        content="",
                        state=StreamState.ERROR,
                        metadata={'retry_in': 2 ** attempt},
                        error=f"Attempt {attempt + 1} failed: {str(e)}"
                    )
                    await asyncio.sleep(2 ** attempt)  # Exponential backoff
                else:
                    yield StreamChunk(
                        content="",
                        state=StreamState.ERROR,
                        metadata={'final_failure': True},
                        error=f"All {max_retries} attempts failed: {str(e)}"
                    )
        
        # Cleanup
        if stream_id in self.active_streams:
            del self.active_streams[stream_id]
    
    async def _stream_internal(self, message: str) -> AsyncGenerator[str, None]:
        """Internal streaming implementation."""
        stream = await self.client.chat.completions.create(
            model=self.model,
            messages=[{"role": "user", "content": message}],
            stream=True
        )
        
        async for chunk in stream:
            if chunk.choices[0].delta.content is not None:
                yield chunk.choices[0].delta.content
