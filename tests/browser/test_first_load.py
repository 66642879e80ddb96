"""What a browser has to load before the desk can be used is small, and all of it is there compressed."""

import json
from typing import Any

from ccore.web.console import DIST

MOST_BYTES = 300_000  # compressed, without charts: a branch behind a slow line begins its shift, too
FIRST = ("index.html", "src/words/zh-CN.ts", "src/pages/desk/Desk.vue", "src/phone/sip.ts")
NOT_FIRST = ("echarts", "wavesurfer")


def needed(manifest: dict[str, Any], name: str) -> set[str]:
    """The files of a module, with all that it imports by itself."""
    chunk = manifest[name]
    imported = [needed(manifest, each) for each in chunk.get("imports", [])]
    return {chunk["file"], *chunk.get("css", [])}.union(*imported)


def test_the_first_load_of_the_desk_is_small() -> None:
    manifest = json.loads((DIST / "manifest.json").read_text(encoding="utf-8"))
    files = set().union(*(needed(manifest, name) for name in FIRST if name in manifest))
    sizes = {name: min((DIST / each).stat().st_size for each in (name, f"{name}.br") if (DIST / each).exists())
             for name in files}  # fmt: skip
    print("\n".join(f"{size:8} {name}" for name, size in sorted(sizes.items(), key=lambda item: -item[1])))
    print(f"{sum(sizes.values()):8} all")
    assert sum(sizes.values()) <= MOST_BYTES
    assert not [name for name in files if any(each in name for each in NOT_FIRST)]


def test_large_files_are_there_compressed_in_both_ways() -> None:
    large = [path for path in (DIST / "assets").glob("*.[jc]s*") if path.suffix in {".js", ".css"}]
    assert large
    for path in large:
        if path.stat().st_size >= 1024:
            for packed in (".br", ".gz"):
                assert path.with_name(path.name + packed).stat().st_size < path.stat().st_size
