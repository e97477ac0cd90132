"""`python -m labkit` and the `wirelab` command. Knows where the verbs are; knows none of them."""

from labkit.cli import app


def main() -> None:
    app(prog_name="wirelab")


if __name__ == "__main__":
    main()
