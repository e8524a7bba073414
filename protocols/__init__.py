"""Twisted shells: bytes, timers and sockets, and no protocol knowledge."""
