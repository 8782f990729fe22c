from tests.helpers.ray_cluster import cluster

__all__ = ["cluster"]  # a fixture
