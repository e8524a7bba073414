"""What the gateway talks about; standard library only."""
