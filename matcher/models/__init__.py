"""The networks: where their files are from, what they want, and that nobody changed them."""
