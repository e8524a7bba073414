"""PostgreSQL: the only package that contains SQL."""
