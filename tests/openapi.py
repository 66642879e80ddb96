"""Writes the document of the API into the console, whose types are made of it: ``python -m tests.openapi``."""

import asyncio
import json
import tempfile
from pathlib import Path

from ccore.config import Site, load_secrets, make_secrets
from ccore.parts import Parts
from ccore.running import with_dialplan
from ccore.versions import disk
from ccore.web.app import Health
from ccore.web.auth import Auth
from ccore.web.rates import Rates
from ccore.web.v1 import openapi
from ccore.web.v1.api import operations
from tests.support.asterisk import node_config

FILE = Path(__file__).resolve().parents[1] / "ccore/web/console/openapi.json"


def written(told: object) -> str:
    """As it stands in the file."""
    return json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


async def document(directory: Path) -> openapi.Document:
    """What ccore serves at /api/v1/openapi.json; nothing of it runs, and no database is asked."""
    config = node_config(directory, site=Site(instance="openapi"))
    make_secrets(config)
    disk.use_directly(config.versions_dir, config.dialplan)
    config = with_dialplan(config, config.versions_dir / disk.LIVE)
    parts = Parts(config, load_secrets(config), "postgresql://", (), lambda: False, lambda: Health({}))
    return openapi.document(operations(config, parts.domains, Auth(parts.people), Rates()))


def main() -> None:
    """Write it, if it is another."""
    with tempfile.TemporaryDirectory(prefix="ccore-openapi-") as directory:
        text = written(asyncio.run(document(Path(directory))))
    if not FILE.exists() or FILE.read_text(encoding="utf-8") != text:
        FILE.write_text(text, encoding="utf-8")
        print(f"{FILE.name}: written anew")


if __name__ == "__main__":
    main()
