"""Code that runs inside Label Studio's process and environment: Python's own modules, and no other of Silverprint's."""
