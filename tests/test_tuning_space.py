"""What a study may search: spaces as people write them, and what is wrong with some."""

from pathlib import Path

import optuna
import pytest

from inkdigits import Recipe
from inkdigits.errors import TuningError
from inkdigits.networks import build, count_multiply_adds, names
from inkdigits.tuning import Plan, Space

FIXED = optuna.trial.FixedTrial


def test_a_trials_parameters_make_a_recipe() -> None:
    space = Space(
        {
            "learning_rate": {"low": 0.001, "high": 0.1, "log": True},
            "batch": {"low": 32, "high": 128, "step": 32},
            "optimizer": {"choices": ["adam", "muon"]},
            "options": {
                "filters": {"low": [8, 16], "high": [16, 32], "step": 8},
                "activation": {"choices": ["relu", "elu"]},
            },
            "augment": {"rotation": {"low": 0, "high": 20}},
        },
        Recipe(epochs=7),
    )
    params = {
        "learning_rate": 0.02,
        "batch": 96,
        "optimizer": "muon",
        "options.filters.1": 8,
        "options.filters.2": 24,
        "options.activation": "elu",
        "augment.rotation": 12.5,
    }
    assert space.suggest(FIXED(params)) == params
    recipe = space.recipe(params)
    assert recipe.learning_rate == 0.02
    assert recipe.batch == 96
    assert recipe.optimizer == "muon"
    assert recipe.options == {"filters": [8, 24], "activation": "elu"}
    assert recipe.augment is not None
    assert recipe.augment.rotation == 12.5
    assert recipe.augment.shift == 0  # what is not searched is not done
    assert recipe.epochs == 7


def test_choices_may_be_lists_of_any_length() -> None:
    space = Space(
        {"options": {"filters": {"choices": [[16], [16, 32, 64]]}}}, Recipe(network="vgg")
    )
    (axis,) = space.axes
    recipes = [space.recipe({axis.name: param}) for param in axis.grid()]
    assert [recipe.options["filters"] for recipe in recipes] == [[16], [16, 32, 64]]


def test_what_is_not_searched_of_augmentation_stays() -> None:
    base = Recipe(augment={"rotation": 5, "shift": 1})
    space = Space({"augment": {"rotation": {"low": 0, "high": 30}}}, base)
    recipe = space.recipe({"augment.rotation": 22.0})
    assert recipe.augment == base.augment.model_copy(update={"rotation": 22.0})


def test_the_recipe_itself_is_tried_first_where_it_lies_inside() -> None:
    inside = Space({"batch": {"choices": [64, 128]}}, Recipe())
    assert inside.own_params() == {"batch": 128}
    assert Space({"batch": {"choices": [64]}}, Recipe()).own_params() is None


@pytest.mark.parametrize("network", names())
def test_every_network_has_a_space(network: str) -> None:
    space = Space.default(Recipe(network=network), "tpe")
    assert {"learning_rate", "batch", "augment.rotation"} <= {axis.name for axis in space.axes}


def test_the_default_space_of_the_reference_costs_no_more_than_it_does() -> None:
    space = Space.default(Recipe(), "tpe")
    assert space.own_params() is not None
    largest = space.recipe({axis.name: axis.extremes()[-1] for axis in space.axes})
    reference = build()
    assert count_multiply_adds(build(**largest.options)) <= count_multiply_adds(reference)


def test_a_grid_goes_through_every_point() -> None:
    space = Space(
        {
            "batch": {"low": 32, "high": 96, "step": 32},
            "weight_decay": {"low": 0.0, "high": 0.5, "step": 0.25},
            "learning_rate": {"low": 0.001, "high": 0.1, "log": True},
        },
        Recipe(),
    )
    grid = space.grid()
    assert grid["batch"] == [32, 64, 96]
    assert grid["weight_decay"] == [0.0, 0.25, 0.5]
    assert grid["learning_rate"] == pytest.approx([0.001, 0.01, 0.1])
    assert space.grid_size() == 27


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "names no hyperparameter"),
        ("[learnig_rate]\nlow=1\nhigh=2", "no hyperparameter 'learnig_rate'; there are learning"),
        ("[options.filtres]\nchoices=[1]", "no hyperparameter 'options.filtres'"),
        ("[augment.rotate]\nlow=1\nhigh=2", "no hyperparameter 'augment.rotate'"),
        ("[seed]\nchoices=[1, 2]", "no hyperparameter 'seed'"),
        ("batch = 5", "batch takes a table with choices, or with low and high, not 5"),
        ("augment = 5", "no hyperparameter 'augment.'"),
        ("[batch]\nlow=64", "batch takes choices, or low and high"),
        ("[batch]\nlow=64\nhigh=32", "batch: its range is empty, from 64 up to 32"),
        ("[batch]\nlow=64.5\nhigh=128", "batch: low is a whole number, not 64.5"),
        ('[batch]\nlow="a"\nhigh=128', "batch: low is a whole number, not 'a'"),
        ("[batch]\nlow=0\nhigh=128", "batch: the recipe's batch cannot be 0"),
        ("[batch]\nlow=1\nhigh=9\nstep=0", "batch: step is above 0, not 0"),
        ("[batch]\nlow=1\nhigh=9\nlog=1", "batch: log is true or false, not 1"),
        ("[batch]\nlow=1\nhigh=9\nstep=2\nlog=true", "logarithmic or has a step, not both"),
        ("[batch]\nlow=1\nhigh=9\nmiddle=3", "batch has no 'middle'; it may have choices"),
        ("[batch]\nchoices=[]", "batch: choices is a list of one or more, not []"),
        ("[batch]\nchoices=[8, 8]", "batch has a choice twice"),
        ("[batch]\nchoices=[8]\nlow=3", "batch takes choices, or low and high, not both"),
        ('[batch]\nchoices=["many"]', "batch: the recipe's batch cannot be 'many'"),
        ("[learning_rate]\nlow=0.0\nhigh=0.1\nlog=true", "begins above 0, not at 0.0"),
        ("[learning_rate]\nlow=nan\nhigh=0.1", "learning_rate: low is a number, not nan"),
        ("[learning_rate]\nlow=true\nhigh=1", "learning_rate: low is a number, not True"),
        ("[label_smoothing]\nlow=0.0\nhigh=1.5", "label_smoothing: the recipe's label_smoothing"),
        ("[optimizer]\nlow=1\nhigh=2", "optimizer is not a number: give it choices"),
        ('[optimizer]\nchoices=["adma"]', "optimizer: the recipe's optimizer cannot be 'adma'"),
        ("[options.filters]\nlow=8\nhigh=16", "filters takes lists of numbers for low and high"),
        ("[options.filters]\nlow=[8]\nhigh=[9]", "options.filters: the network 'reference'"),
        ('[options.activation]\nchoices=["rleu"]', "options.activation: the network 'reference'"),
        ("[options.dropout]\nlow=0.5\nhigh=1.5", "options.dropout: the network 'reference'"),
        ("[batch\n", "is not sound TOML"),
    ],
)
def test_a_space_that_is_wrong_is_refused_by_name(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "space.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TuningError) as caught:
        Space.load(path, Recipe())
    assert str(path) in str(caught.value)
    assert sentence in str(caught.value)


def test_a_space_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(TuningError, match=r"absent\.toml cannot be read"):
        Space.load(tmp_path / "absent.toml", Recipe())
    (tmp_path / "large.toml").write_bytes(b"#" * (1 << 21))
    with pytest.raises(TuningError, match="larger than 1 MiB"):
        Space.load(tmp_path / "large.toml", Recipe())


def plan(**changes: object) -> Plan:
    fields = {
        "recipe": Recipe(),
        "space": {"batch": {"choices": [64, 128]}},
        "epochs": 2,
        "data_sha256": "0",
    }
    return Plan.of(**{**fields, **changes})


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"method": "annealing"}, "method cannot be 'annealing'"),
        ({"against": "beauty"}, "against cannot be 'beauty'"),
        ({"folds": 0}, "folds cannot be 0"),
        ({"method": "hyperband", "against": "parameters"}, "hyperband ends trials by one figure"),
        ({"method": "hyperband", "epochs": 1}, "give it 2 epochs or more"),
        (
            {"method": "grid", "space": {"learning_rate": {"low": 0.1, "high": 0.9, "step": 1e-5}}},
            r"the grid has 80,001 points",
        ),
    ],
)
def test_a_plan_that_cannot_be_carried_out_is_refused(
    changes: dict[str, object], sentence: str
) -> None:
    with pytest.raises(TuningError, match=sentence):
        plan(**changes)


def test_a_trial_is_the_recipe_for_fewer_epochs() -> None:
    recipe = plan(recipe=Recipe(members=3)).trial_recipe({"batch": 64})
    assert (recipe.epochs, recipe.members, recipe.batch) == (2, 1, 64)
