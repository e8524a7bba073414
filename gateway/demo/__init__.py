"""The demo: a morning at the gates, played in front of whoever types one command."""
