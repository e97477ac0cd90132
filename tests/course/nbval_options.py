"""How notebooks are proved: the one list of options for the Makefile's second pytest and for the poison test."""

NBVAL_OPTIONS = ["--nbval", "--nbval-sanitize-with", "tests/course/sanitize.cfg", "--nbval-cell-timeout", "120"]
NBVAL_PATHS = ["notebooks", "solutions"]
