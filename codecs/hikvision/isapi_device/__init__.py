"""A terminal's web server, for tests and the simulator: whoever manages the terminal dials it.

Nothing of it is used where the gateway runs.
"""
