"""Training on two devices, which JAX simulates on a processor."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from inkdigits import Dataset, Recipe, train
from inkdigits.errors import RunError
from inkdigits.training.batches import Batches

PROGRAM = """
import json, sys
from pathlib import Path
import numpy as np
from inkdigits import Recipe, load_mnist
from inkdigits.errors import InkDigitsError
from inkdigits.training.devices import check_devices
from inkdigits.training.fit import fit

digits = load_mnist()[0].take(np.arange(1001))
recipe = Recipe.of(json.loads(sys.argv[2]))
fitting, validation = recipe.split(digits)
curves = []
for devices in (1, 2):
    folder = Path(sys.argv[1]) / str(devices)
    folder.mkdir()
    _, history = fit(recipe, fitting, validation, folder, devices=devices)
    curves.append([[epoch.loss, epoch.val_loss] for epoch in history])
sentences = []
for devices, batch in ((2, 33), (3, 33)):
    try:
        check_devices(devices, batch)
    except InkDigitsError as error:
        sentences.append(str(error))
print(json.dumps([curves, sentences]))
"""


def test_two_devices_learn_what_one_learns(tmp_path: Path) -> None:
    pytest.importorskip("jax")
    environment = {
        **os.environ,
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
    }
    # 900 digits to fit, whose last batch of 4 is shared out, too.
    recipe = Recipe(epochs=3, batch=64, options={"filters": [4, 8], "dense": 16}).model_dump_json()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), recipe],
        capture_output=True,
        text=True,
        timeout=280,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (one, two), sentences = json.loads(done.stdout.splitlines()[-1])
    assert len(one) == 3
    for alone, together in zip(one, two):
        assert together == pytest.approx(alone, rel=2e-3)
    assert sentences[0].startswith("a batch of 33 cannot be shared out equally to 2 devices")
    assert sentences[1].startswith("there are not 3 devices here to train on: cpu:0, cpu:1")


def test_tensorflow_says_what_would_do_it(tmp_path: Path, some_digits: Dataset) -> None:
    with pytest.raises(RunError, match="KERAS_BACKEND=jax"):
        train(Recipe(epochs=1), some_digits, folder=tmp_path / "run", devices=2)
    assert not (tmp_path / "run").exists()


def test_batches_are_shared_out_equally(some_digits: Dataset) -> None:
    batches = Batches(some_digits.take(np.arange(11)), 4, seed=0, shares=2)
    for epoch in range(3):
        batches.begin_epoch(epoch)
        sizes = [len(batches[number][0]) for number in range(len(batches))]
        assert sizes == [4, 4, 2]
