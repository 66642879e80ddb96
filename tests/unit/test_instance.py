"""The name of a ccore among those of one database: the one it was given, or one it makes once and keeps."""

import re
from pathlib import Path

import pytest

from ccore.config import INSTANCE_FILE, Config, Paths, Site, load
from ccore.errors import FaultsFound
from ccore.local import AlreadyRunning, only_one


def config_in(directory: Path, site: Site | None = None) -> Config:
    return Config(site=site or Site(), paths=Paths(var=directory))


def test_a_var_directory_has_one_name_for_ever_and_no_other_has_it(tmp_path: Path) -> None:
    names = set()
    for directory in (tmp_path / "a", tmp_path / "b", tmp_path / "a"):
        with only_one(config_in(directory)):
            names.add(config_in(directory).instance)
    assert len(names) == 2
    assert all(re.fullmatch(r"ccore-[0-9a-f]{8}", name) for name in names)


def test_a_given_name_goes_first_and_nothing_is_written(tmp_path: Path) -> None:
    config = config_in(tmp_path, Site(instance="west"))
    with only_one(config):
        assert (config.instance, (tmp_path / INSTANCE_FILE).exists()) == ("west", False)


@pytest.mark.parametrize("name", ["", "West", "a b", "a" * 32])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "ccore.toml").write_text(f'[site]\ninstance = "{name}"\n', encoding="utf-8")
    with pytest.raises(FaultsFound, match=r"site\.instance"):
        load(tmp_path / "ccore.toml")


def test_the_name_is_proof_that_no_other_process_bears_it(tmp_path: Path) -> None:
    """Leases are taken back at once on the strength of this."""
    with only_one(config_in(tmp_path)), pytest.raises(AlreadyRunning), only_one(config_in(tmp_path)):
        pass
