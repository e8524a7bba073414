"""One module for each row, or pair of rows, of the report."""
