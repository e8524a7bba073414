"""Orders to terminals: a durable queue, one order at a time, and outcomes that are true."""
