"""List of image addresses, fetched by many concurrent requests in a process of its own."""
