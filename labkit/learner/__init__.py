"""What a learner types in a terminal: list, next, check, hint, solution, reset, restore, update, progress."""
