from tests.helpers.ray_cluster import cluster
from tests.helpers.s3 import running, server

__all__ = ["cluster", "running", "server"]  # fixtures
