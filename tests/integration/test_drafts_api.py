"""Drafts over HTTP: each operator's own, checked by the linter, compared; nobody's work is written over unseen."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ccore.config import Config
from ccore.config import Paths as ConfigPaths
from ccore.db.pool import Database
from ccore.versions import disk
from ccore.versions.drafts import Drafts
from ccore.versions.kinds import MOST_BYTES
from ccore.versions.publications import Publications
from ccore.versions.service import Versions
from ccore.web.v1 import drafts, versions
from tests.support.api import Answer, Api, api, of, tokens

MENUS = "menus/main.toml"
FILE = f"/api/v1/draft/file?path={MENUS}"
TOLD = b'[main]\ndo = "say"\nprompt = "goodbye"\nthen = "hang-up"\n'


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(paths=ConfigPaths(var=tmp_path), source=tmp_path / "ccore.toml")


@pytest.fixture
async def served(database: Database, config: Config) -> AsyncIterator[Api]:
    await live(database, config, {})
    changes = Drafts(database, config.versions_dir)
    publications = Publications(database, changes, config)
    every = [
        *drafts.operations(database, changes, publications),
        *versions.operations(database, publications),
    ]
    async with api(of(every, database), await tokens(database)) as running:
        yield running


async def live(
    database: Database, config: Config, over: dict[str, bytes], who: str = "li", note: str = "", *, sounds: bool = False
) -> int:
    """Make the files that ship, with others over them, live here."""
    shipped = disk.read(Config().dialplan)
    files = {path: content for path, content in shipped.items() if sounds or not path.startswith("sounds/")} | over
    made = Versions(database)
    number = await made.publish(files, who, note)
    await made.make_live(number, who, "publish", await made.live())
    disk.lay(config.versions_dir, number, disk.hashed(files), {disk.hashed({"": c})[""]: c for c in files.values()})
    disk.use(config.versions_dir, number)
    return number


async def read(served: Api, who: str = "olga") -> dict[str, str]:
    data: dict[str, str] = (await served.get(FILE, who)).data
    return data


async def write(served: Api, text: str, seen: str, who: str = "olga", path: str = MENUS) -> Answer:
    return await served.ask("PUT", f"/api/v1/draft/file?path={path}", who, {"text": text, "hash": seen})


async def test_what_one_changes_is_in_their_own_draft_and_not_in_anothers(served: Api) -> None:
    file = await read(served)
    assert (file["state"], file["text"]) == ("same", file["published"])
    text = file["text"] + "\n# mine\n"
    saved = await write(served, text, file["hash"])
    assert saved.status == 200
    mine, hers = await read(served), await read(served, "ada")
    assert (mine["state"], mine["text"], mine["hash"]) == ("changed", text, saved.data["hash"])
    assert hers["state"] == "same"
    shown = (await served.get("/api/v1/draft", "olga")).data
    assert (shown["changed"], shown["between"]) == (1, None)
    assert [each["path"] for each in shown["files"] if each["state"] != "same"] == [MENUS]
    assert not [each for each in shown["files"] if each["path"].startswith(("sounds", "schemas", "README"))]
    assert (await write(served, file["text"], saved.data["hash"])).status == 200
    assert (await served.get("/api/v1/draft", "olga")).data["changed"] == 0, "it is as it was"


async def test_two_windows_do_not_write_over_each_other(served: Api) -> None:
    file = await read(served)
    first = await write(served, "# first\n", file["hash"])
    assert first.status == 200
    second = await write(served, "# second\n", file["hash"])
    assert (second.status, "another window" in second.data["error"]) == (409, True)
    assert (await read(served))["text"] == "# first\n"
    assert (await served.ask("DELETE", f"{FILE}&hash={file['hash']}", "olga")).status == 409


async def test_files_come_and_go(served: Api) -> None:
    added = await write(served, TOLD.decode(), "", path="menus/more.toml")
    assert added.status == 200
    file = await read(served)
    assert (await served.ask("DELETE", f"{FILE}&hash={file['hash']}", "olga")).status == 200
    states = {
        each["path"]: each["state"]
        for each in (await served.get("/api/v1/draft", "olga")).data["files"]
        if each["state"] != "same"
    }
    assert states == {MENUS: "removed", "menus/more.toml": "added"}
    found = (await served.get("/api/v1/draft/diff", "olga")).data["files"]
    assert [(each["path"], each["what"]) for each in found] == [(MENUS, "removed"), ("menus/more.toml", "added")]
    assert found[1]["hunks"][0][0] == {"old": None, "new": 1, "text": "[main]"}
    assert (await served.post(f"/api/v1/draft/file/revert?path={MENUS}", {}, "olga")).status == 200
    assert (await read(served))["state"] == "same"
    assert (await served.ask("DELETE", "/api/v1/draft", "olga")).status == 200
    assert (await served.get("/api/v1/draft", "olga")).data["changed"] == 0


@pytest.mark.parametrize(
    "path",
    ["../secrets.toml", "menus/../../x.toml", "/etc/passwd.toml", "menus/a/b.toml", "menus/.x.toml", "sounds/zh/a.toml",
     "ccore.toml", "menus/x.py", "extensions.d/x.toml", "", "menus/x.toml%00", "menus/x.toml%0A", "schemas/menus.json"],
)  # fmt: skip
async def test_no_other_file_can_be_reached(served: Api, path: str) -> None:
    assert (await served.get(f"/api/v1/draft/file?path={path}", "olga")).status == 400
    assert (await write(served, "", "", path=path)).status == 400


async def test_what_is_no_text_or_too_much_is_refused(served: Api) -> None:
    for text in ("x" * (MOST_BYTES + 1), "中" * (MOST_BYTES // 2), "a\0b"):
        assert (await write(served, text, (await read(served))["hash"])).status in {400, 413}
    assert (await read(served))["state"] == "same"


async def test_the_linters_messages_come_with_file_and_line(served: Api, database: Database, config: Config) -> None:
    await live(database, config, {}, sounds=True)
    assert (await served.get("/api/v1/draft/faults", "olga")).data == {"faults": []}
    file = await read(served)
    await write(served, file["text"].replace('1 = "account"', '1 = "acount"', 1), file["hash"])
    [fault, *_] = (await served.get("/api/v1/draft/faults", "olga")).data["faults"]
    line = next(n for n, text in enumerate(file["text"].splitlines(), 1) if '1 = "account"' in text)
    assert (fault["path"], fault["line"]) == (MENUS, line)
    assert "acount" in fault["message"]
    assert fault["message_zh"] == "没有节点 acount（您是否指 account？）：转到那里的来电者会改为接人工"


async def test_who_publishes_second_is_told_who_was_first(served: Api, database: Database, config: Config) -> None:
    assert (await served.post("/api/v1/draft/publication", {}, "olga")).status == 409, "nothing is changed"
    file = await read(served)
    await write(served, f"{file['text']}# mine\n", file["hash"])
    number = await live(database, config, {MENUS: b"# theirs\n" + file["text"].encode()}, "wang", "短信")
    between = (await served.get("/api/v1/draft", "olga")).data["between"]
    assert (between["begun_on"], between["version"], between["by"], between["note"]) == (1, number, "wang", "短信")
    refused = await served.post("/api/v1/draft/publication", {"note": "x"}, "olga")
    assert refused.status == 409
    assert f"wang has made version {number} (短信) live" in refused.data["error"]
    [mine] = [each for each in (await served.get("/api/v1/draft", "olga")).data["files"] if each["state"] != "same"]
    assert mine["clashes"], "both have changed this file"
    assert (await served.ask("PUT", "/api/v1/draft/version", "olga", {"version": 1})).status == 409
    assert (await served.ask("PUT", "/api/v1/draft/version", "olga", {"version": number})).status == 200
    assert (await served.get("/api/v1/draft", "olga")).data["between"] is None


async def test_versions_tell_what_each_changed(served: Api, database: Database, config: Config) -> None:
    await live(database, config, {MENUS: TOLD, "sounds/zh/x.sln16": b"\0\1"}, "wang", "new")
    shown = (await served.get("/api/v1/versions", "olga")).data
    assert [(each["version"], each["by"], each["live"]) for each in shown["versions"]] == [
        (2, "wang", True), (1, "li", False),
    ]  # fmt: skip
    assert [each["reason"] for each in shown["versions"][0]["switches"]] == ["publish"]
    diff = (await served.get("/api/v1/versions/2/diff", "olga")).data
    assert (diff["against"], [each["path"] for each in diff["files"]], diff["others"]) == (1, [MENUS], 1)
    assert (await served.get("/api/v1/versions/1/diff?version=2", "olga")).data["against"] == 2
    assert (await served.get("/api/v1/versions/9/diff", "olga")).status == 404
    assert (await served.post("/api/v1/versions/9/rollback", {"live": 2}, "olga")).status == 404
    refused = await served.post("/api/v1/versions/1/rollback", {"live": 1}, "olga")
    assert (refused.status, "wang has made version 2 live" in refused.data["error"]) == (409, True)
    assert (await served.post("/api/v1/versions/2/rollback", {"live": 2}, "olga")).status == 409


async def test_what_was_published_leaves_the_draft_but_for_what_was_changed_since(
    served: Api, database: Database, config: Config
) -> None:
    await write(served, TOLD.decode(), "", path="menus/more.toml")
    file = await read(served)
    saved = await write(served, "# one\n", file["hash"])
    changes = Drafts(database, config.versions_dir)
    draft = await changes.of("olga")
    await write(served, "# two\n", saved.data["hash"])
    await changes.published("olga", draft.contents())
    assert {path: each.content for path, each in (await changes.of("olga")).changes.items()} == {MENUS: b"# two\n"}


async def test_it_is_for_operators(served: Api) -> None:
    for path in ("draft", "draft/faults", "draft/diff", "versions", "publications", f"draft/file?path={MENUS}"):
        assert (await served.get(f"/api/v1/{path}", "super")).status == 403
        assert json.loads((await served.get(f"/api/v1/{path}", "")).body)["error"]
