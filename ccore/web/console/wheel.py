"""Puts the built console into ccore's wheel; without one there is no wheel."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CONSOLE = "ccore/web/console"


class BuiltConsole(BuildHookInterface):  # type: ignore[misc]  # hatchling is there only while it builds
    """Hatchling's own way to add files that stand in .gitignore."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Before files are gathered. An editable installation serves what is in the checkout."""
        if version == "editable":
            return
        built = Path(self.root) / CONSOLE / "dist"
        if not (built / "index.html").is_file():
            raise SystemExit(
                "the web console has not been built, and ccore's wheel carries it: run `make console` first"
            )
        build_data["force_include"][str(built)] = f"{CONSOLE}/dist"
