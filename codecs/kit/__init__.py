"""The conformance checks that every dialect gets for free."""
