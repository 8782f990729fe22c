"""Features of images as strategies, searches and models use them."""
