"""Compares faces and irises: pictures in, scores out, under references that name nobody."""

import os

# The wheels of ONNX Runtime report to their maker, from Linux as well, and leave a lasting number
# of the machine in its cache; disable_telemetry_events() comes too late for that. What looks at
# people's faces calls nobody. The runtime reads this once, when it is first imported.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
