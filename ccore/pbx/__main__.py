"""Writes the files of one node into a directory, for an Asterisk that ccore does not start: ``python -m ccore.pbx``."""

import argparse
import os
import sys
from pathlib import Path

from ccore import config
from ccore.errors import CcoreError
from ccore.pbx import files


def main() -> str | None:
    """Write them; returns what went wrong, or None."""
    parser = argparse.ArgumentParser(prog="python -m ccore.pbx", description=__doc__)
    parser.add_argument("--config", type=Path, metavar="FILE", help="configuration (default: all defaults)")
    parser.add_argument(
        "--owner", type=_owner, default=files.Owner(os.geteuid(), os.getegid()), metavar="UID:GID",
        help="whom Asterisk runs as (default: you)",
    )  # fmt: skip
    parser.add_argument("node", help="a node of the configuration")
    parser.add_argument("directory", type=Path, help="what Asterisk will see as /srv/ccore")
    options = parser.parse_args()
    try:
        settings = config.load(options.config)
        if options.node not in settings.nodes:
            return f"the configuration has no node {options.node}: it has {', '.join(settings.nodes)}"
        wanted = files.files_of(settings, options.node, config.load_secrets(settings))
        files.write(options.directory, wanted, options.owner)
    except (CcoreError, OSError) as error:
        return str(error)
    return None


def _owner(text: str) -> files.Owner:
    uid, gid = text.split(":")
    return files.Owner(int(uid), int(gid))


if __name__ == "__main__":
    sys.exit(main())
