"""HTTP/1.1 without input or output, for every dialect whose terminals speak it."""
