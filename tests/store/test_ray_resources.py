"""What a task on a Ray cluster asks for: it fits on every machine that it is for."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from silverprint.store.executor.kinds import CORE, GPU, MACHINE
from silverprint.store.executor.ray_cluster import resources

NODES = st.fixed_dictionaries({"CPU": st.integers(0, 64)}, optional={"GPU": st.integers(0, 8), "memory": st.just(1)})


def fits(task: Mapping[str, int], node: Mapping[str, float]) -> bool:
    return all(node.get(name, 0) >= count for name, count in task.items())


@given(st.lists(NODES, max_size=5))
def test_it_fits_wherever_it_could_run(nodes: list[dict[str, float]]) -> None:
    assert resources(CORE, nodes) == {"CPU": 1, "GPU": 0}
    working = [node for node in nodes if node["CPU"]]
    assert all(fits(resources(MACHINE, nodes), node) for node in working)
    with_gpu = [node for node in working if 1 <= node.get("GPU", 0) <= node["CPU"]]
    assert all(fits(resources(GPU, nodes), node) for node in with_gpu)
    assert resources(GPU, nodes)["GPU"] == any(node.get("GPU", 0) for node in nodes)


def test_the_cores_beside_a_gpu_are_shared_among_the_gpus() -> None:
    head, two, four = {"CPU": 0.0}, {"CPU": 32.0, "GPU": 2.0}, {"CPU": 24.0, "GPU": 4.0}
    assert resources(GPU, [head, two, four]) == {"CPU": 6, "GPU": 1}
    assert resources(MACHINE, [head, two, four]) == {"CPU": 24, "GPU": 0}
    assert resources(GPU, [head]) == {"CPU": 1, "GPU": 0}
