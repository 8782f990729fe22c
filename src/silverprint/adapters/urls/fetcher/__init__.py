"""Fetcher of a list: a child process with the sockets, and the parent that keeps the images."""
