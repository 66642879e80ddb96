"""``ccore prompts``: builds, checks, lists and plays what callers hear."""

import argparse
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

from ccore.commands import Add
from ccore.config import Config
from ccore.prompts import chain
from ccore.prompts.build import Build, wishes
from ccore.prompts.catalogue import LANGUAGES, Language, Prompt, load_catalogue
from ccore.prompts.engines.chosen import chosen_engine
from ccore.prompts.listening import Whisper, sounds_of
from ccore.prompts.sounds import load_manifest, says_its_text, sound_file
from ccore.prompts.spoken import normalised
from ccore.prompts.verify import MOST_MISHEARD, Doubt, doubts, misheard
from ccore.shipped import kept


def register(add: Add) -> None:
    """Add the command."""
    prompts = add("prompts", _prompts, "build, check, list and play the prompts callers hear")
    actions = prompts.add_subparsers(dest="action", required=True, metavar="ACTION")
    build = actions.add_parser("build", help="speak the texts that have no sound yet, or have been changed")
    build.add_argument(
        "--engine", choices=("kokoro", "espeak", "command", "http"), help="instead of the configured one"
    )
    build.add_argument("--all", action="store_true", help="also those that are there and current")
    build.add_argument("--missing", action="store_true", help="only those without a sound that says their text")
    build.add_argument("--wide", action="store_true", help="also the files at 16 kHz, for G.722 and Opus trunks")
    verify = actions.add_parser("verify", help="check the sounds; exit code 1 if one is to be looked after")
    verify.add_argument("--listen", action="store_true", help="understand each of them with Whisper too (extra asr)")
    listed = actions.add_parser("list", help="each prompt with its text, its length, and how it is heard")
    for parser in (build, verify, listed):
        parser.add_argument("--lang", choices=LANGUAGES, help="of this language only")
        parser.add_argument("--only", metavar="NAME", action="append", default=[], help="this prompt (may be repeated)")
    play = actions.add_parser("play", help="write a prompt as a WAV file")
    play.add_argument("name", metavar="NAME")
    play.add_argument("--lang", choices=LANGUAGES, help="default: the configuration's language")
    play.add_argument("--out", type=Path, metavar="FILE", help="default: NAME.wav here; - for standard output")


async def _prompts(options: argparse.Namespace, config: Config) -> int:
    # Nothing else goes on in this process, so nothing waits while an engine speaks.
    return {"build": _build, "verify": _verify, "list": _list, "play": _play}[options.action](options, config)


def _build(options: argparse.Namespace, config: Config) -> int:
    directory, languages = config.dialplan, _languages(options)
    build = Build(directory, lambda: chosen_engine(config, options.engine), lambda line: print(line, flush=True))
    wanted = wishes(directory, config.prompts, languages, options.only)
    if options.missing:
        wanted = [wish for wish in wanted if not build.has(wish)]
    report = build.run(wanted, anew=options.all, wide=options.wide)
    build.prune(load_catalogue(directory))
    if report.no_engine:
        print(f"no speech engine: {report.no_engine}", file=sys.stderr)
    for line in report.failed:
        print(f"FAILED {line}", file=sys.stderr)
    done = f"{len(report.spoken)} spoken, {len(report.kept)} kept, {len(report.removed)} removed"
    print(f"{done}, {len(report.failed)} failed", file=sys.stderr)
    return 1 if report.failed else 0


def _verify(options: argparse.Namespace, config: Config) -> int:
    directory, manifest = config.dialplan, load_manifest(config.dialplan)
    found = [
        doubt
        for language, name, prompt in _chosen(options, directory)
        for doubt in doubts(directory, manifest, language, name, prompt)
    ]
    if options.listen:
        found += _listened(options, directory)
    for doubt in found:
        print(doubt)
    print(f"{len(found)} to be looked after" if found else "all sounds are good", file=sys.stderr)
    return 1 if found else 0


def _listened(options: argparse.Namespace, directory: Path) -> Iterator[Doubt]:
    """What Whisper misunderstands of each sound; and how much of a language, on standard error."""
    whisper = Whisper(kept())
    for language in _languages(options):
        wrong = total = 0.0
        for _, name, prompt in _chosen(options, directory, (language,)):
            if not (path := sound_file(directory, language, name)).is_file():
                continue
            heard = whisper.understood(language, path.read_bytes())
            expected = sounds_of(language, normalised(language, prompt.sentence(language)))
            part = misheard(expected, sounds_of(language, normalised(language, heard)))
            wrong, total = wrong + part * len(expected), total + len(expected)
            if part > MOST_MISHEARD:
                yield Doubt(language, name, f"{part:.0%} misunderstood, listen to it: heard {heard.strip()!r}")
        if total:
            print(f"{language}: {wrong / total:.1%} of {total:.0f} misunderstood", file=sys.stderr)


def _list(options: argparse.Namespace, config: Config) -> int:
    manifest = load_manifest(config.dialplan)
    for language, name, prompt in _chosen(options, config.dialplan):
        built = manifest.built(language, name)
        if built and says_its_text(config.dialplan, manifest, language, name, prompt):
            how = f"{built.ms / 1000:.1f} s"
        else:
            how = "nothing" if prompt.tone is None else "a tone"
        print(f"{language}/{name:32} {how:8} {prompt.sentence(language)}")
    return 0


def _play(options: argparse.Namespace, config: Config) -> int:
    language: Language = options.lang or config.prompts.language
    path = sound_file(config.dialplan, language, options.name)
    if options.name not in load_catalogue(config.dialplan) or not path.is_file():
        print(f"there is no sound of {options.name} in {language}: `ccore prompts list`", file=sys.stderr)
        return 1
    content = chain.wav(chain.linear(path.read_bytes()), chain.NARROW_HZ)
    if str(options.out) == "-":
        sys.stdout.buffer.write(content)
        return 0
    out: Path = options.out or Path(f"{options.name}.wav")
    out.write_bytes(content)
    print(out)
    return 0


def _chosen(
    options: argparse.Namespace, directory: Path, languages: Collection[Language] = ()
) -> Iterator[tuple[Language, str, Prompt]]:
    catalogue = load_catalogue(directory)
    for language in languages or _languages(options):
        for name, prompt in catalogue.items():
            if not options.only or name in options.only:
                yield language, name, prompt


def _languages(options: argparse.Namespace) -> tuple[Language, ...]:
    return (options.lang,) if options.lang else LANGUAGES
