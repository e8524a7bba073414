"""Numbered forward migrations, one SQL file each."""
