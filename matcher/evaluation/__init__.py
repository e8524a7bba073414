"""How well a model tells people apart on a set of pictures, and what such a set cannot show.

Words are those of ISO/IEC 19795-1: a false match is an impostor comparison at or above the
threshold (rate: FMR), a false non-match a genuine one below it (FNMR). In a search of a gallery, a
false positive identification returns somebody to a person who is not in it (FPIR), a false negative
does not return the right person to one who is (FNIR). Scores are similarities: more is more alike.
"""
