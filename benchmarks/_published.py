"""MNIST test accuracies that others give, to stand beside ours."""

from dataclasses import dataclass

__all__ = ["AN_15", "AN_M3", "BITNETMCU_16", "BITNETMCU_96", "SINGLE", "Published"]


@dataclass(frozen=True)
class Published:
    """What somebody gives.

    Args:
        name: of the network.
        parameters: how many it has.
        accuracy: 0 to 1.
        how: how it was come by, or what it takes.
        source: where it is said.
    """

    name: str
    parameters: int
    accuracy: float
    how: str
    source: str

    def in_words(self) -> str:
        """Return name, accuracy and how it was come by."""
        return f"{self.name}: {100 * self.accuracy:.5g}%, {self.how}"


_AN = (
    "S. An et al., An Ensemble of Simple Convolutional Neural Network Models for MNIST Digit "
    "Recognition, 2020, and the logs beside its code"
)
_BITNETMCU = "github.com/cpldcpu/BitNetMCU, docs/documentation_cnn.md; weights of 1.6 to 8 bits"

AN_M3 = Published("An et al. M3", 1_124_180, 0.99699, "± 0.032%, n = 30", _AN)
AN_15 = Published("An et al., 15 networks", 15 * 1_124_180, 0.99745, "± 0.020%", _AN)
BITNETMCU_16 = Published("BitNetMCU 16", 13_360, 0.9906, "in 5.4 kB", _BITNETMCU)
BITNETMCU_96 = Published("BitNetMCU 96", 46_240, 0.9958, "in 13.0 kB", _BITNETMCU)

SINGLE = (
    Published("best of 700 runs", 697, 0.9903, "697 parameters", "told without a paper"),
    Published("train_mnist_fast", 215_000, 0.9904, "n = 30", "github.com/tuomaso/train_mnist_fast"),
    AN_M3,
    BITNETMCU_16,
    BITNETMCU_96,
)
"""Single networks."""
