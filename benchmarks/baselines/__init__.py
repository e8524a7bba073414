"""What the gateway is held against: the same bytes with nothing done to them."""
