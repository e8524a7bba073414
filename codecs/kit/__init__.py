"""The conformance kit: one call that shows a codec's author what does not hold, and why."""
