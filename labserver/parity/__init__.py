"""`wirelab parity`: what the lessons claim of OpenAI's dialect, asked of a provider. Beside the server, not in it."""
