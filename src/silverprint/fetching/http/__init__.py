"""HTTP/1.1 parsing, shared by the clients."""
