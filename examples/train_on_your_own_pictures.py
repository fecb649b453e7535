"""Your own handwriting as a data set: a folder of pictures with one subfolder a digit."""

from pathlib import Path

from PIL import Image

from inkdigits import Recipe, load, load_mnist, train

# Here MNIST plays your handwriting: 300 scans, black on white, 100 pixels wide.
_, test = load_mnist()
for number, (image, label) in enumerate(zip(test.images[:300], test.require_labels()[:300])):
    folder = Path("mine", str(label))
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(255 - image).resize((100, 100)).save(folder / f"{number}.png")

mine = load("mine")  # each picture is framed as MNIST framed its digits
print(mine, mine.images.shape)
run = train(Recipe(epochs=3, batch=32), mine, folder="runs/mine")
print(run.metrics["validation_accuracy"])
