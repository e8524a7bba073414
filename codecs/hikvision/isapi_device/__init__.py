"""A terminal's web server, for tests and the simulator: whoever manages the terminal dials it.

Nothing of it is loaded where the gateway runs.
"""
