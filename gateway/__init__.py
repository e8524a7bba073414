"""Gatepost: a device-protocol gateway for construction-site attendance terminals."""
