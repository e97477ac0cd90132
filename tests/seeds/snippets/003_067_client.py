import openai
from typing import Generator, Optional
import time

class StreamingAIClient:
    def __init__(self, api_key: str, model: str = "gpt-4"):
        self.client = openai.OpenAI(api_key=api_key)
        self.model = model
    
    def stream_chat(self, message: str, system_prompt: Optional[str] = None) -> Generator[str, None, None]:
        """
        Stream a chat response, yielding each chunk as it arrives.
        
        Args:
            message: User's input message
            system_prompt: Optional system prompt for context
            
        Yields:
            str: Each chunk of the response as it arrives
        """
        messages = []
        if system_prompt:
            messages.append({"role": "system", "content": system_prompt})
        messages.append({"role": "user", "content": message})
        
        try:
            stream = self.client.chat.completions.create(
                model=self.model,
                messages=messages,
                stream=True,
                temperature=0.7
            )
            
            for chunk in stream:
                if chunk.choices[0].delta.content is not None:
                    yield chunk.choices[0].delta.content
                    
        except Exception as e:
            yield f"Error: {str(e)}"
    
    def stream_with_metadata(self, message: str) -> Generator[dict, None, None]:
        """
        Stream response with additional metadata for advanced UI handling.
        """
        start_time = time.time()
        token_count = 0
        
        for chunk in self.stream_chat(message):
            token_count += len(chunk.split())
            yield {
                'content': chunk,
                'tokens': token_count,
                'elapsed_time': time.time() - start_time,
                'estimated_completion': self._estimate_completion(token_count)
            }
    
    def _estimate_completion(self, current_tokens: int) -> float:
        """Estimate completion percentage based on typical response length."""
        # Simple heuristic - can be improved with ML models
        estimated_total = max(current_tokens * 2, 100)
        return min(current_tokens / estimated_total, 0.95)
