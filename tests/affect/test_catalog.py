"""Built-in schemes, a user's own, and those of other packages."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mllmsent.affect import dump_scheme, get_scheme, load_scheme, scheme_names
from mllmsent.affect.reading.lexicon import tokens_of
from mllmsent.foundation import InputError

LABELS = {
    "polarity2": ("negative", "positive"),
    "polarity3": ("negative", "neutral", "positive"),
    "polarity5": ("negative", "slightly negative", "neutral", "slightly positive", "positive"),
    "ekman": ("anger", "disgust", "fear", "happiness", "sadness", "surprise"),
    "ekman7": ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"),
    "mikels": (
        "amusement", "awe", "contentment", "excitement", "anger", "disgust", "fear", "sadness",
    ),
    "plutchik": (
        "joy", "trust", "fear", "surprise", "sadness", "disgust", "anger", "anticipation",
    ),
    "free": (),
}  # fmt: skip
SCALES = {
    "valence-arousal": {"valence": (1, 9), "arousal": (1, 9)},
    "vad": {"valence": (1, 9), "arousal": (1, 9), "dominance": (1, 9)},
    "intensity": {"intensity": (0, 10)},
}
LANGUAGES = {"de", "fr", "es", "pt", "it", "nl", "pl", "ru", "tr", "zh", "ja", "ko", "ar", "hi"}


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "own.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_the_built_in_schemes_are_these() -> None:
    assert set(scheme_names()) >= {*LABELS, *SCALES, "mikels-multi"}


@pytest.mark.parametrize("name", LABELS)
def test_a_built_in_scheme_has_its_labels_in_order(name: str) -> None:
    scheme = get_scheme(name)
    assert scheme.label_names == LABELS[name]
    assert (scheme.kind == "ordered") == name.startswith("polarity")


@pytest.mark.parametrize("name", SCALES)
def test_a_built_in_scale_has_its_ends(name: str) -> None:
    scheme = get_scheme(name)
    assert {scale.name: (scale.low, scale.high) for scale in scheme.dimensions} == SCALES[name]


def test_only_the_schemes_that_say_so_take_several_labels_or_any_word() -> None:
    several = {name for name in scheme_names() if get_scheme(name).multi_label}
    assert several >= {"mikels-multi", "free"}
    assert not several & {"mikels", "ekman", "polarity3"}
    assert [name for name in LABELS if get_scheme(name).open_vocabulary] == ["free"]


@pytest.mark.parametrize("name", [name for name in LABELS if name != "free"])
def test_every_label_is_defined_and_spoken_in_fourteen_languages(name: str) -> None:
    for label in get_scheme(name).labels:
        assert label.definition.endswith(".")
        assert set(label.translations) >= LANGUAGES, label.name


@pytest.mark.parametrize("name", [*LABELS, *SCALES, "mikels-multi"])
def test_every_scheme_says_where_it_comes_from(name: str) -> None:
    scheme = get_scheme(name)
    assert scheme.title
    assert any(year in scheme.description for year in ("1980", "1992", "1994", "2005"))


@pytest.mark.parametrize("name", [name for name in LABELS if name != "free"])
def test_no_word_means_two_labels_in_one_language(name: str) -> None:
    for language in ("en", *LANGUAGES):
        owners: dict[tuple[str, ...], str] = {}
        for label in get_scheme(name).labels:
            forms = (
                (label.name, *label.synonyms) if language == "en" else label.translations[language]
            )
            for form in forms:
                assert owners.setdefault(tokens_of(form), label.name) == label.name, form


@pytest.mark.parametrize("name", [*LABELS, *SCALES, "mikels-multi"])
def test_a_scheme_survives_being_written_and_read(name: str) -> None:
    assert load_scheme(dump_scheme(get_scheme(name))) == get_scheme(name)


def test_a_wrong_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="Did you mean 'mikels'"):
        get_scheme("mickels")


def test_a_scheme_of_ones_own_is_read_from_a_file(write: Callable[[str], Path]) -> None:
    scheme = load_scheme(
        write("""
name: art
kind: categorical
labels:
  - boredom
  - name: wonder
    like: mikels/awe
    synonyms: [wondrous]
""")
    )
    assert scheme.label_names == ("boredom", "wonder")
    assert scheme.label("wonder").synonyms == ("wondrous",)
    assert scheme.label("wonder").translations == get_scheme("mikels").label("awe").translations


def test_labels_of_an_ordered_scheme_get_their_ranks_from_their_order(
    write: Callable[[str], Path],
) -> None:
    scheme = load_scheme(write("name: three\nkind: ordered\nlabels: [bad, so-so, good]\n"))
    assert [label.rank for label in scheme.labels] == [0, 1, 2]


def test_a_dimension_like_another_takes_its_ends_and_may_change_them(
    write: Callable[[str], Path],
) -> None:
    scheme = load_scheme(
        write("""
name: oasis
kind: dimensional
dimensions:
  - {name: valence, like: valence-arousal/valence, high: 7}
""")
    )
    assert (scheme.dimensions[0].low, scheme.dimensions[0].high) == (1, 7)
    assert "pleasantness" in scheme.dimensions[0].synonyms


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: s\nkind: categorical\nlabel: [a]\n", r"own.yaml:3: label: Unknown key(.|\n)*'labels'"),
        ("name: s\nkind: ordred\nlabels: [a]\n", r"own.yaml:2: kind:(.|\n)*'ordered'"),
        ("name: s\nkind: categorical\nlabels:\n  - name: a\n    like: mikels/aw\n", r":5: (.|\n)*'awe'"),
        ("name: s\nkind: categorical\nlabels:\n  - name: a\n    like: mickels/awe\n", r":5: (.|\n)*'mikels'"),
        ("name: s\nkind: categorical\nlabels:\n  - name: a\n    like: awe\n", r":5: (.|\n)*mikels/awe"),
        ("name: s\nkind: categorical\nlabels: [a, a]\n", "more than once"),
        ("name: s\nkind: dimensional\ndimensions: [{name: v, low: 1}]\n", r":3: (.|\n)*`low` and `high`"),
        ("name: s\nkind: dimensional\ndimensions: [{name: v, low: 3, high: 1}]\n", "less than"),
        ("kind: categorical\nlabels: [a]\n", "'name' is missing"),
        ("- a\n- b\n", "A mapping of keys is needed"),
    ],
)  # fmt: skip
def test_a_malformed_scheme_is_answered_with_the_line_the_key_and_the_cure(
    write: Callable[[str], Path], text: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        load_scheme(write(text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_scheme(tmp_path / "nothing.yaml")


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installed package with three entry points in the group of schemes."""
    (tmp_path / "shades.py").write_text(
        "from mllmsent.affect import Label, Scheme\n"
        "GREYS = Scheme('greys', 'categorical', (Label('light'), Label('dark')))\n"
        "def blues(): return Scheme('blues', 'categorical', (Label('navy'),))\n"
        "NONSENSE = 3\n",
        encoding="utf-8",
    )
    info = tmp_path / "shades-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shades\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[mllmsent.schemes]\ngreys = shades:GREYS\nblues = shades:blues\nnonsense = shades:NONSENSE\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    get_scheme.cache_clear()
    yield
    get_scheme.cache_clear()


@pytest.mark.usefixtures("plugin")
def test_another_package_adds_schemes_by_entry_points() -> None:
    assert scheme_names()[-3:] == ("greys", "blues", "nonsense")
    assert get_scheme("greys").label_names == ("light", "dark")
    assert get_scheme("blues").label_names == ("navy",)


@pytest.mark.usefixtures("plugin")
def test_a_plug_in_that_is_no_scheme_is_named() -> None:
    with pytest.raises(InputError, match="'nonsense' is int, not a scheme"):
        get_scheme("nonsense")
