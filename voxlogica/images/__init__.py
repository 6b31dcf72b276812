"""Images: arrays with geometry, and the files they are read from and written to."""
