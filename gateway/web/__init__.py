"""HTTP listeners for people and for Prometheus; never for terminals."""
