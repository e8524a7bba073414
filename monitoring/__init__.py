"""Metrics, logs, health and presence."""
