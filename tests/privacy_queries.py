"""Writes the queries that are made of the map of personal data: ``python -m tests.privacy_queries``."""

from pathlib import Path

from ccore.privacy.places import PLACES
from ccore.privacy.statements import files

DIRECTORY = Path(__file__).resolve().parents[1] / "sql/queries"


def main() -> None:
    """Write each file that is another."""
    for name, text in files(PLACES).items():
        path = DIRECTORY / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"{name} is written anew")


if __name__ == "__main__":
    main()
