"""Whole campaigns, from the first vote to the release: what people's time buys, by Silverprint and by its peers."""
