"""From the bytes of a picture to the one face in it, measured and embedded."""
