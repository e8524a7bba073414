"""What the gateway decides: plain coroutines and callbacks over the domain ports."""
