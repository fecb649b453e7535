"""Learn from another network, the teacher, as well as from the labels."""

from typing import Any

from inkdigits._keras import keras
from inkdigits.networks import gives_logits

__all__ = ["Distil"]

ops = keras.ops

_LEAST = 1e-7  # probability whose logarithm is taken


class Distil(keras.layers.Layer):
    """Passes on what a network says, and adds its cross-entropy with what a teacher says.

    The teacher is asked about the very images that the network sees, bent as they are: that is
    what makes it worth more than softer labels. Beside the loss on the labels the two count alike.

    Args:
        teacher: from images ``(batch, 28, 28, 1)`` to logits or probabilities ``(batch, 10)``. Its
            weights stay as they are.
        from_logits: whether the network that learns gives logits.

    Source: G. Hinton, O. Vinyals, J. Dean, "Distilling the Knowledge in a Neural Network", 2015;
    L. Beyer et al., "Knowledge Distillation: A Good Teacher Is Patient and Consistent", 2022.
    """

    def __init__(self, teacher: keras.Model, *, from_logits: bool) -> None:
        super().__init__(dtype="float32", name="distil")
        teacher.trainable = False
        self._teacher = teacher
        self._teacher_gives_logits = gives_logits(teacher)
        self._from_logits = from_logits

    def call(self, images: Any, outputs: Any, training: bool = False) -> Any:
        """Return `outputs`, of the network that learns."""
        if training:
            said = ops.cast(self._teacher(images, training=False), "float32")
            if self._teacher_gives_logits:
                said = ops.softmax(said)
            log = ops.log_softmax(outputs) if self._from_logits else ops.log(outputs + _LEAST)
            self.add_loss(-ops.mean(ops.sum(ops.stop_gradient(said) * log, axis=1)))
        return outputs

    def compute_output_shape(self, images_shape: Any, outputs_shape: Any) -> Any:
        return outputs_shape
