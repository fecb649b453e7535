"""LitServe with the same model, for benchmarks/service.py to compare with.

    python benchmarks/_litserve.py PORT classify|read WORKERS LARGEST_BATCH

Requests are JSON with base64, as LitServe's own examples have them: it does not take a picture's
bytes as they are. With a LARGEST_BATCH above 1 it gathers requests for a millisecond.
"""

import base64
import sys
from typing import Any

import cv2
import litserve
import numpy as np

from inkdigits import Reader


class Classify(litserve.LitAPI):
    """One image of a digit a request."""

    def setup(self, device: str) -> None:
        cv2.setNumThreads(1)
        self.reader = Reader(threads=1)

    def decode_request(self, request: dict[str, Any]) -> np.ndarray:
        return np.frombuffer(base64.b64decode(request["image"]), np.uint8).reshape(28, 28)

    def batch(self, inputs: list[np.ndarray]) -> np.ndarray:
        return np.stack(inputs)

    def unbatch(self, output: np.ndarray) -> list[np.ndarray]:
        return list(output)

    def predict(self, images: np.ndarray) -> np.ndarray:
        if images.ndim == 2:
            return self.reader.classify(images[np.newaxis])[0]
        return self.reader.classify(images)

    def encode_response(self, output: np.ndarray) -> dict[str, Any]:
        return {"digit": int(output.argmax()), "probabilities": output.tolist()}


class Read(litserve.LitAPI):
    """One picture a request."""

    def setup(self, device: str) -> None:
        cv2.setNumThreads(1)
        self.reader = Reader(threads=1)

    def decode_request(self, request: dict[str, Any]) -> bytes:
        return base64.b64decode(request["picture"])

    def batch(self, inputs: list[bytes]) -> list[bytes]:
        return inputs

    def unbatch(self, output: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return output

    def predict(self, pictures: Any) -> Any:
        if isinstance(pictures, bytes):
            return self.reader.read(pictures).to_dict()
        return [self.reader.read(picture).to_dict() for picture in pictures]

    def encode_response(self, output: dict[str, Any]) -> dict[str, Any]:
        return output


def main() -> None:
    port, what, workers, largest = sys.argv[1:]
    kind = {"classify": Classify, "read": Read}[what]
    api = kind(max_batch_size=int(largest), batch_timeout=0.001)
    server = litserve.LitServer(
        api, accelerator="cpu", workers_per_device=int(workers), timeout=30, fast_queue=True
    )
    server.run(host="127.0.0.1", port=int(port), log_level="warning", generate_client_file=False)


if __name__ == "__main__":
    main()
