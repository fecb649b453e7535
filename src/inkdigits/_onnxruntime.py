"""ONNX Runtime, imported to keep to itself: every room that runs models takes it from here.

Its official builds tell Microsoft which models a program loads, and keep an identifier in the home
folder: on Windows since long, elsewhere from 1.29 on. What people read is nobody's business, and
nothing here shall want a network.
"""

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # looked at once, when ONNX Runtime starts

import onnxruntime

__all__ = ["onnxruntime"]

onnxruntime.disable_telemetry_events()  # Windows does not look
