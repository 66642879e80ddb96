"""The catalogue of prompts and the sounds built of it, spoken here by a program that sings a tone for each text."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ccore.config import Config, Paths
from ccore.errors import FaultsFound
from ccore.prompts import chain
from ccore.prompts.build import Build, Report, key_of, phrase_of, wishes
from ccore.prompts.catalogue import LANGUAGES, Prompt, load_catalogue
from ccore.prompts.engines import EngineMissing, NotSpoken, Phrase
from ccore.prompts.engines.chosen import chosen_engine, lacks
from ccore.prompts.engines.kokoro import Kokoro
from ccore.prompts.engines.outside import Command
from ccore.prompts.sounds import Built, Manifest, load_manifest, save_manifest, says_its_text, sound_file, unheard
from ccore.prompts.verify import doubts, misheard, syllables
from ccore.shipped import shipped
from ccore.speech import Prompts

SINGER = """
import array, math, sys, wave
text, out = sys.argv[1:3]
samples = array.array("h", (round(9000 * math.sin(at * (0.1 + len(text) / 1000))) for at in range(2000 * len(text))))
with wave.open(out, "wb") as file:
    file.setparams((1, 2, 16000, 0, "NONE", ""))
    file.writeframes(samples.tobytes())
"""
GREETING = '[greeting]\nzh = "您好，欢迎。"\nen = "Hello, welcome."\n'
FAREWELL = '[farewell]\nzh = "再见。"\nen = "Goodbye."\n'

Write = Callable[[str], None]


@pytest.fixture
def operators(tmp_path: Path) -> Path:
    """An operator's directory with two prompts."""
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts/a.toml").write_text(GREETING, encoding="utf-8")
    (tmp_path / "prompts/b.toml").write_text(FAREWELL, encoding="utf-8")
    (tmp_path / "singer.py").write_text(SINGER, encoding="utf-8")
    return tmp_path


def told(directory: Path, **changes: object) -> Prompts:
    words = (sys.executable, str(directory / "singer.py"), "{text}", "{out}")
    return Prompts.model_validate({"engine": "command", "command": words, **changes})


def build(directory: Path, wide: bool = False, **changes: object) -> Report:
    """Build everything, as the command does."""
    config = Config(prompts=told(directory, **changes), source=directory / "ccore.toml")
    building = Build(directory, lambda: chosen_engine(config), lambda _line: None)
    building.run(wishes(directory, config.prompts, LANGUAGES, ()), wide=wide)
    building.prune(load_catalogue(directory))
    return building.report


def faults(directory: Path) -> list[str]:
    return [f"{fault.file.name}:{fault.line} {fault.message.split(':')[0]}" for fault in unheard(directory)]


# The catalogue -------------------------------------------------------------------------------------------------


def test_a_prompt_with_values_is_a_prompt_for_each(operators: Path) -> None:
    text = '[place]\nzh = "您排在第{n}位。"\nen = "You are number {n}."\nvalues = { n = "1-50" }\n'
    (operators / "prompts/c.toml").write_text(text, encoding="utf-8")
    catalogue = load_catalogue(operators)
    assert len(catalogue) == 52
    assert (catalogue["place-7"].zh, catalogue["place-50"].en) == ("您排在第7位。", "You are number 50.")
    assert phrase_of(catalogue["place-12"], "zh", Prompts()).text == "您排在第十二位。"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('zh = "一"\n', "greeting.en: this key is required"),
        ('zh = ""\nen = "a"\n', "greeting.zh: "),
        ('zh = "一{n}"\nen = "a"\n', "braces hold the name of one of `values`"),
        ('zh = "一{n}"\nen = "a"\nvalues = { n = "1-2" }\n', "en has no {n}"),
        ('zh = "一{n}"\nen = "a{n}"\nvalues = { n = "2-1" }\n', "2-1 is empty"),
        ('zh = "一{n}"\nen = "a{n}"\nvalues = { n = "0-1000" }\n', "more than 1000 values"),
        ('zh = "一"\nen = "a"\npinyin = { "重庆" = "chong2 qing4" }\n', "重庆 is not in zh"),
        ('zh = "重庆"\nen = "a"\npinyin = { "重庆" = "Chongqing" }\n', "pinyin.重庆"),
        ('zh = "一"\nen = "a"\ntone = [[440, 1300]]\n', "greeting.tone"),
        ('zh = "一"\nen = "a"\nspeaker = "me"\n', "speaker: unknown key"),
    ],
)
def test_what_is_wrong_with_a_prompt_is_said(operators: Path, text: str, wrong: str) -> None:
    (operators / "prompts/a.toml").write_text("[greeting]\n" + text, encoding="utf-8")
    with pytest.raises(FaultsFound) as found:
        load_catalogue(operators)
    assert wrong in str(found.value)


def test_one_name_twice_is_a_fault_of_the_later_file(operators: Path) -> None:
    (operators / "prompts/b.toml").write_text("\n" + GREETING, encoding="utf-8")
    with pytest.raises(FaultsFound, match=r"b\.toml:2 PROMPT greeting is in a\.toml:1 already"):
        load_catalogue(operators)


# What is built -------------------------------------------------------------------------------------------------


def test_what_is_missing_is_built_and_what_is_there_is_kept(operators: Path) -> None:
    assert faults(operators) == [
        f"{file} {name} has no sound in {language}"
        for file, name in (("a.toml:1", "greeting"), ("b.toml:1", "farewell"))
        for language in LANGUAGES
    ]
    first = build(operators)
    assert (len(first.spoken), first.kept, first.failed) == (4, [], [])
    assert faults(operators) == []
    again = build(operators)
    assert (again.spoken, len(again.kept)) == ([], 4)
    manifest = load_manifest(operators)
    for language in LANGUAGES:
        sound = sound_file(operators, language, "greeting")
        built = manifest.built(language, "greeting")
        assert built is not None
        assert built.ms == sound.stat().st_size // 8
        assert sound.with_suffix(".sln16").stat().st_size == pytest.approx(4 * sound.stat().st_size, abs=4)


def test_a_changed_text_is_stale_until_it_is_built_again(operators: Path) -> None:
    build(operators)
    before = sound_file(operators, "zh", "farewell").read_bytes()
    (operators / "prompts/b.toml").write_text(FAREWELL.replace("再见。", "感谢来电，再见。"), encoding="utf-8")
    assert faults(operators) == ["b.toml:1 farewell was changed after its sound in zh was built"]
    assert build(operators).spoken == ["zh/farewell"]
    assert faults(operators) == []
    assert sound_file(operators, "zh", "farewell").read_bytes() != before


def test_a_tone_stands_in_where_there_is_no_sound(operators: Path) -> None:
    (operators / "prompts/a.toml").write_text(GREETING + "tone = [[440, 100]]\n", encoding="utf-8")
    (operators / "prompts/b.toml").unlink()
    assert faults(operators) == []


def test_a_lost_file_is_built_again(operators: Path) -> None:
    build(operators)
    sound_file(operators, "en", "greeting").unlink()
    assert faults(operators) == ["a.toml:1 greeting has no sound in en"]
    assert build(operators).spoken == ["en/greeting"]
    sound_file(operators, "en", "greeting", ".sln16").unlink()
    assert build(operators).spoken == []
    assert build(operators, wide=True).spoken == ["en/greeting"]


def test_sounds_of_prompts_that_are_no_more_are_removed(operators: Path) -> None:
    build(operators)
    (operators / "prompts/b.toml").unlink()
    assert build(operators).removed == [
        f"{lang}/farewell{suffix}" for lang in LANGUAGES for suffix in (".alaw", ".sln16")
    ]
    assert load_manifest(operators).built("zh", "farewell") is None


def test_another_voice_or_speed_is_another_sound(operators: Path) -> None:
    build(operators)
    assert build(operators, voice_zh="other").spoken == ["zh/greeting", "zh/farewell"]
    assert len(build(operators, voice_zh="other", speed=1.1).spoken) == 4


def test_a_recording_goes_before_the_engine(operators: Path) -> None:
    build(operators)
    recording = operators / "prompts/recorded/zh/greeting.wav"
    recording.parent.mkdir(parents=True)
    dice = chain.to_integers([((at * 7919) % 1000 - 500) / 5000 for at in range(48_000)])
    recording.write_bytes(chain.wav(dice, 48_000))
    assert build(operators).spoken == ["zh/greeting"]
    built = load_manifest(operators).built("zh", "greeting")
    assert built is not None
    assert built.ms == pytest.approx(1000, abs=70)
    assert build(operators).spoken == []


def test_what_cannot_be_spoken_is_told_and_the_rest_is_built(operators: Path) -> None:
    (operators / "singer.py").write_text(
        "import sys\nif len(sys.argv[1]) < 4: sys.exit(3)\n" + SINGER, encoding="utf-8"
    )
    report = build(operators)
    assert len(report.spoken) == 3
    assert [line.partition(":")[0] for line in report.failed] == ["zh/farewell"]
    assert faults(operators) == ["b.toml:1 farewell has no sound in zh"]


def test_without_an_engine_what_is_there_is_kept_and_recordings_are_built(operators: Path) -> None:
    build(operators)
    recording = operators / "prompts/recorded/en/greeting.wav"
    recording.parent.mkdir(parents=True)
    recording.write_bytes(chain.wav(chain.to_integers([(at % 100 - 50) / 500 for at in range(8000)]), 8000))
    (operators / "prompts/b.toml").write_text(FAREWELL.replace("再见", "您好"), encoding="utf-8")
    report = build(operators, engine="kokoro", models=operators / "none")
    assert (report.spoken, report.failed) == (["en/greeting"], ["zh/farewell"])
    assert sorted(report.kept) == ["en/farewell", "zh/greeting"]
    assert "ccore[tts]" in report.no_engine


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({}, {""}), ({"command": ("/none/sings", "{out}")}, {"command"}), ({"engine": "http", "url": "http://x"}, {""}),
     ({"engine": "kokoro", "models": "none"}, {"tts", "models"}), ({"engine": "espeak"}, {"", "espeak"})],
)  # fmt: skip
def test_what_keeps_an_engine_from_speaking_is_seen(
    operators: Path, changes: dict[str, object], expected: set[str]
) -> None:
    assert lacks(Config(prompts=told(operators, **changes), source=operators / "ccore.toml")) in expected


def test_one_list_of_sounds_lies_over_another() -> None:
    one, other = (Built(key=digit * 64, wording=digit * 16, ms=1) for digit in "12")
    below = Manifest(sounds={"zh": {"hello": other, "bye": other}, "en": {"bye": other}})
    both = Manifest(sounds={"zh": {"hello": one}}).over(below)
    assert both == Manifest(sounds={"zh": {"hello": one, "bye": other}, "en": {"bye": other}})
    assert Manifest.model_validate_json(both.written()) == both


def test_a_program_sees_a_text_as_one_word_whatever_it_holds(operators: Path) -> None:
    spy = operators / "spy.py"
    spy.write_text(f"import pathlib, sys; pathlib.Path({str(operators / 'seen')!r}).write_text(repr(sys.argv[1:]))\n")
    nasty = '"; touch pwned; {out} $(id) \\'
    with pytest.raises(NotSpoken):
        Command((sys.executable, str(spy), "--{text}", "{language}", "{out}"), 10).say(Phrase("zh", nasty, "v", 1.0))
    seen = eval((operators / "seen").read_text())
    assert seen[:2] == [f"--{nasty}", "zh"]


def test_an_unknown_prompt_cannot_be_asked_for(operators: Path) -> None:
    with pytest.raises(FaultsFound, match="there is no prompt greetings"):
        wishes(operators, Prompts(), LANGUAGES, ["greetings"])


def test_a_key_tells_everything_apart_that_sounds_different() -> None:
    phrase = Phrase("zh", "一", "v", 1.0)
    others = [Phrase("en", "一", "v", 1.0), Phrase("zh", "二", "v", 1.0), Phrase("zh", "一", "w", 1.0),
              Phrase("zh", "一", "v", 1.1), Phrase("zh", "一", "v", 1.0, {"一": "yao1"})]  # fmt: skip
    assert len({key_of(each, "engine") for each in [phrase, *others]} | {key_of(phrase, "other engine")}) == 7
    assert key_of(phrase, "engine") == key_of(Phrase("zh", "一", "v", 1.0), "engine")


def test_a_broken_manifest_is_a_fault_that_says_what_to_do(operators: Path) -> None:
    save_manifest(operators, load_manifest(operators))
    (operators / "sounds/manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(FaultsFound, match="remove it and run `ccore prompts build`"):
        list(unheard(operators))


def test_without_the_extra_kokoro_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(EngineMissing, match="ccore\\[tts\\]"):
        Kokoro(tmp_path, tmp_path)


# What is checked -----------------------------------------------------------------------------------------------


def doubted(directory: Path) -> list[str]:
    manifest = load_manifest(directory)
    return [
        str(doubt)
        for name, prompt in load_catalogue(directory).items()
        for doubt in doubts(directory, manifest, "zh", name, prompt)
    ]


def test_sounds_that_are_clipped_soft_or_too_long_are_doubted(operators: Path) -> None:
    build(operators)
    assert doubted(operators) == []
    loud = chain.linear(sound_file(operators, "zh", "greeting").read_bytes())
    sound_file(operators, "zh", "greeting").write_bytes(
        chain.alaw(max(-32000, min(32000, 9 * value)) for value in loud)
    )
    soft = chain.linear(sound_file(operators, "zh", "farewell").read_bytes())
    sound_file(operators, "zh", "farewell").write_bytes(chain.alaw([value // 4 for value in soft]) * 9)
    first, second, third, fourth = doubted(operators)
    assert ("level" in first, "clipped" in second) == (True, True)
    assert ("level" in third, "for 2 syllables" in fourth) == (True, True)


def test_missing_and_stale_sounds_are_doubted(operators: Path) -> None:
    assert doubted(operators) == ["zh/greeting: has no sound", "zh/farewell: has no sound"]
    build(operators)
    (operators / "prompts/b.toml").write_text(FAREWELL.replace("再见", "您好"), encoding="utf-8")
    assert doubted(operators) == ["zh/farewell: its text was changed after its sound was built"]


@pytest.mark.parametrize(
    ("expected", "heard", "part"),
    [("ni hao", "ni hao", 0), ("ni hao ma", "ni ma", 1 / 3), ("ni hao", "ni hao hao", 0.5), ("ni hao", "", 1)],
)
def test_what_was_misheard_is_counted_in_syllables(expected: str, heard: str, part: float) -> None:
    assert misheard(expected.split(), heard.split()) == pytest.approx(part)


@pytest.mark.parametrize(
    ("language", "text", "count"), [("zh", "您好，S I M卡", 6), ("en", "Press one, please", 3), ("en", "S I M", 3)]
)
def test_syllables_are_counted(language: str, text: str, count: int) -> None:
    assert syllables("zh" if language == "zh" else "en", text) == count


# What is shipped -----------------------------------------------------------------------------------------------


def test_every_shipped_prompt_has_its_sound_in_both_languages() -> None:
    dialplan = shipped("dialplan")
    manifest = load_manifest(dialplan)
    for name, prompt in load_catalogue(dialplan).items():
        for language in LANGUAGES:
            assert says_its_text(dialplan, manifest, language, name, prompt), f"{language}/{name}: ccore prompts build"
            built = manifest.built(language, name)
            assert built is not None
            assert built.ms == sound_file(dialplan, language, name).stat().st_size // 8


def test_the_default_voices_are_configured() -> None:
    config = Config(paths=Paths(var=Path("var")))
    phrase = phrase_of(Prompt(zh="余额123.50元", en="1"), "zh", config.prompts)
    assert (phrase.voice, phrase.text) == ("zf_xiaobei", "余额一百二十三元五角")
