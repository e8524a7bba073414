"""Iris codes: turning, comparing and scoring them, and the rules for pictures of irises."""
