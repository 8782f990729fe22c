"""A list of pictures' addresses, fetched by many requests at once in a process of its own."""
