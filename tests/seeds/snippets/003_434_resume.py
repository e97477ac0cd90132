class ResumableStream:
    def __init__(self, client, checkpoint_interval: int = 10):
        self.client = client
        self.checkpoint_interval = checkpoint_interval
        self.checkpoints = {}
    
    async def stream_with_resume(self, message: str, stream_id: str):
        checkpoint = self.checkpoints.get(stream_id, {'chunk_count': 0, 'content': ''})
        
        try:
            chunk_count = 0
            async for chunk in self.client.stream_chat(message):
                chunk_count += 1
                
                # Save checkpoint periodically
                if chunk_count % self.checkpoint_interval == 0:
                    self.checkpoints[stream_id] = {
                        'chunk_count': chunk_count,
                        'content': checkpoint['content'] + chunk
                    }
                
                yield chunk
                
        except Exception as e:
            # Resume from last checkpoint
            if stream_id in self.checkpoints:
                yield f"[Resuming from chunk {checkpoint['chunk_count']}]"
                # Continue from checkpoint...
