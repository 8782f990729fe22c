"""HTTP/1.1 client for lists of addresses."""
