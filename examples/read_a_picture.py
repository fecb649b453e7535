"""Read the digit in a picture, whatever its size and colour."""

from PIL import Image

from inkdigits import Reader, load_mnist

# A picture as people have them: blue ink on yellowish paper, larger than 28×28, off the middle.
_, test = load_mnist()
ink = Image.fromarray(test.images[0]).resize((120, 120))
photo = Image.new("RGB", (300, 200), (240, 230, 200))
photo.paste((30, 40, 120), (90, 20), mask=ink)
photo.save("seven.png")

reader = Reader()  # make one and keep it
reading = reader.read("seven.png")  # or bytes, an open file, an array, a Pillow image
print(reading.text)
for digit in reading.digits:
    print(digit.digit, f"{digit.confidence:.1%}", digit.box)

assert reading.text == "7"
