"""Where the files shipped beside the code are, in the checkout or inside the installed wheel, and those made once."""

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """The directory ``sql``, ``dialplan`` or ``asterisk-docker`` of this ccore, wherever it is installed.

    Raises FileNotFoundError naming the directory if the installation is incomplete.
    """
    for root in (_PACKAGE.parent, _PACKAGE / "_shipped"):
        if (root / name).is_dir() and (root != _PACKAGE.parent or (root / "pyproject.toml").is_file()):
            return root / name
    raise FileNotFoundError(f"ccore is installed without its {name}/ directory: install it again")


def kept() -> Path:
    """The directory, in the user's cache, of what is made once for this machine and shared by every ccore of theirs."""
    home = os.environ.get("XDG_CACHE_HOME")
    directory = (Path(home) if home else Path.home() / ".cache") / "ccore"
    directory.mkdir(parents=True, exist_ok=True)
    return directory
