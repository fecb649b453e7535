"""Recipes: their defaults, their files, and what they refuse."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdigits import Augmentation, Recipe, Simulation, build
from inkdigits.errors import RecipeError
from inkdigits.networks import gives_logits
from inkdigits.training.recipe import recipe_names


def test_the_default_is_the_reference_recipe() -> None:
    recipe = Recipe()
    assert (recipe.network, recipe.epochs, recipe.batch) == ("reference", 12, 128)
    assert (recipe.optimizer, recipe.learning_rate) == ("adam", 0.001)
    assert recipe.schedule == "cosine"
    assert recipe.augment is None


@given(
    epochs=st.integers(1, 1000),
    rate=st.floats(1e-6, 10),
    augment=st.none() | st.builds(Augmentation, rotation=st.floats(0, 180)),
    simulate=st.none() | st.builds(Simulation, copies=st.integers(0, 20)),
    patience=st.none() | st.integers(1, 50),
    options=st.dictionaries(
        st.from_regex("[a-z]{1,8}", fullmatch=True),
        st.integers(-5, 5) | st.text(max_size=5) | st.lists(st.integers(1, 64), max_size=3),
        max_size=3,
    ),
)
@settings(deadline=None, max_examples=100)
def test_what_is_saved_is_what_is_loaded(
    tmp_path_factory: pytest.TempPathFactory,
    epochs: int,
    rate: float,
    augment: Augmentation | None,
    simulate: Simulation | None,
    patience: int | None,
    options: dict[str, object],
) -> None:
    recipe = Recipe(
        epochs=epochs,
        learning_rate=rate,
        augment=augment,
        simulate=simulate,
        patience=patience,
        options=options,
    )
    folder = tmp_path_factory.getbasetemp()
    for name in ("recipe.toml", "recipe.json"):
        recipe.save(folder / name)
        assert Recipe.load(folder / name) == recipe


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("epochs = -1", "recipe's epochs cannot be -1: input should be greater than or equal to 1"),
        ("epochs = 'many'", "recipe's epochs cannot be 'many'"),
        ("epochs = 1" + 40 * "0", "recipe's epochs cannot be"),
        ("epoch = 3", "no field 'epoch'; there are network, options, epochs"),
        ("[augment]\nrotate = 3", "no field 'augment.rotate'; there are rotation, shift"),
        ("[augment]\nrotation = 1000", "recipe's augment.rotation cannot be"),
        (
            "[simulate]\ncopy = 3",
            "no field 'simulate.copy'; there are originals, copies, negatives",
        ),
        ("[simulate]\noriginals = 0", "recipe's simulate.originals cannot be 0"),
        ("[simulate]\nnegatives = -1", "recipe's simulate.negatives cannot be -1"),
        ("learning_rate = inf", "learning_rate cannot be inf"),
        ("optimizer = 'magic'", "recipe's optimizer cannot be 'magic'"),
        ("validation = 1.0", "recipe's validation cannot be"),
        ("epochs = 0x" + 5000 * "f", "recipe's epochs cannot be .* less than or equal to 1000000"),
        (f"epochs = '{5000 * 'x'}'", r"recipe's epochs cannot be 'xx+\.\.\.x+': input"),
        (f"optimizer = [{5000 * '1,'}]", r"recipe's optimizer cannot be \[1, 1, .*\.\.\.\]: input"),
        (f"{5000 * 'x'} = 3", r"no field 'xx+\.\.\.x+'; there are network"),
        ("epochs = ", "is not sound TOML"),
    ],
)
def test_bad_recipes_get_their_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError, match=sentence) as caught:
        Recipe.load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < len(str(path)) + 400


def test_help_names_all_recipes() -> None:
    from typer.main import get_command

    from inkdigits.cli import app

    train = get_command(app).commands["train"]  # type: ignore[attr-defined]
    option = next(option for option in train.params if option.name == "recipe")
    assert ", ".join(recipe_names()) in option.help


def test_recipes_with_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert recipe_names() == ["accurate", "fast", "half-minute", "reader", "tiniest", "tiny"]
    monkeypatch.chdir(tmp_path)
    reader = Recipe.load("reader")
    assert reader.network == "reader"
    assert reader.simulate is not None
    assert reader.augment == Augmentation()
    assert gives_logits(build(reader.network, **reader.options))
    Path("mine.toml").write_text("epochs = 3", encoding="utf-8")
    assert Recipe.load("mine.toml").epochs == 3
    with pytest.raises(
        RecipeError,
        match="there is no recipe writer; those with a name are accurate, fast, half-minute, ",
    ):
        Recipe.load("writer")


def test_files_that_are_no_recipes(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="there is no recipe"):
        Recipe.load(tmp_path / "nowhere.toml")
    (tmp_path / "list.json").write_text("[1, 2]")
    with pytest.raises(RecipeError, match="holds no fields"):
        Recipe.load(tmp_path / "list.json")
    (tmp_path / "deep.json").write_text('{"options": ' + "[" * 100_000)
    with pytest.raises(RecipeError, match="is not sound JSON"):
        Recipe.load(tmp_path / "deep.json")
    (tmp_path / "latin.toml").write_bytes(b"network = '\xe9'")
    with pytest.raises(RecipeError, match="is not sound TOML"):
        Recipe.load(tmp_path / "latin.toml")
    (tmp_path / "long.toml").write_bytes(b"#" * (1 << 20) + b"\n")
    with pytest.raises(RecipeError, match="is larger than 1 MiB, as no recipe is"):
        Recipe.load(tmp_path / "long.toml")


def test_augmentation_in_words() -> None:
    assert Augmentation.parse("standard") == Augmentation()
    assert Augmentation.parse("standard, rotation=15") == Augmentation(rotation=15)
    only = Augmentation.parse("rotation=15,shift=3")
    assert (only.rotation, only.shift, only.zoom, only.elastic) == (15, 3, 0, 0)
    for text, sentence in {
        "strong": "'strong' is not known",
        "spin=3": "an augmentation has no field 'spin'; there are rotation",
        "rotation=far": "augmentation's rotation cannot be 'far'",
        "": "is not known",
        5000 * "x": r"augmentation 'x{27}\.\.\.x{28}' is not known",
    }.items():
        with pytest.raises(RecipeError, match=sentence):
            Augmentation.parse(text)
