"""`wirelab dev new …`: scaffolds. What the author still has to write says TODO, and `dev check` finds each one."""
