"""The load generator: a process of its own that speaks YLS/1 as cheaply as Python can."""
