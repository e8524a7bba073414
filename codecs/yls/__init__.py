"""YLS/1, the gateway's own open terminal protocol."""
