"""Galleries in memory: who is enrolled on a project, and exact search among them."""
