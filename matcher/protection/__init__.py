"""Renewable, unlinkable templates: what a project's secret does to faces and irises.

On top of encryption, never instead of it: whoever has secret and template has the original.
"""
