"""The codec SDK: conversations without input or output."""
