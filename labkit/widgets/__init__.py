"""What moves in a notebook: one .py and one .js side by side, no build step, nothing fetched. Each has a text form."""
