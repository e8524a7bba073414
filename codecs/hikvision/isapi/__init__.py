"""Work at a terminal by its own HTTP interface (ISAPI), as errands: see `gateway.codecs.errand`."""
