"""Graphs against hand-worked cases and PyTorch Geometric."""

from __future__ import annotations

import numpy as np
import pytest

from edge_ser import graph
from edge_ser.errors import EdgeSerError


def random_nodes(n: int, gamma: float, seed: int) -> np.ndarray:
    """Nodes no pair of which lies within 1e-6 of the threshold."""
    rng = np.random.default_rng(seed)
    while True:
        x = rng.normal(size=(n, 8)).astype(np.float32) + 0.5
        if np.abs(graph.cosine_similarity(x) - gamma).min() > 1e-6:
            return x


@pytest.mark.parametrize("n", [1, 2, 7, 60])
@pytest.mark.parametrize("gamma", [0.2, 0.5, 0.6])
def test_adjacency_equals_gcn_norm(n: int, gamma: float) -> None:
    import torch  # seconds, and not where the runtime alone is tested
    from torch_geometric.nn.conv.gcn_conv import gcn_norm
    from torch_geometric.utils import dense_to_sparse

    a = graph.cosine_adjacency(random_nodes(n, gamma, seed=n), gamma)
    edges, weights = dense_to_sparse(torch.from_numpy(a))
    edges, weights = gcn_norm(edges, weights, num_nodes=n, add_self_loops=True)
    expected = torch.zeros(n, n)
    expected[edges[0], edges[1]] = weights
    np.testing.assert_allclose(graph.normalised_adjacency(a), expected, atol=1e-6)


@pytest.mark.parametrize("kind", graph.KINDS)
def test_propagation_equals_gcnconv(kind: str) -> None:
    import torch
    from torch_geometric.nn import GCNConv
    from torch_geometric.utils import dense_to_sparse

    x = random_nodes(40, 0.5, seed=1)
    convolution = GCNConv(8, 5, bias=False)
    a_hat = graph.build(kind, x, 0.5)
    edges, _ = dense_to_sparse(torch.from_numpy(a_hat - np.diag(np.diag(a_hat))))
    expected = convolution(torch.from_numpy(x), edges).detach().numpy()
    actual = a_hat @ x @ convolution.lin.weight.detach().numpy().T
    np.testing.assert_allclose(actual, expected, atol=1e-6)


def test_worked_cosine_graph() -> None:
    # angles of 0, 60 and 90 degrees; cos 60° = 0.5, cos 30° = 0.866
    x = np.array([[1, 0], [0.5, np.sqrt(0.75)], [0, 2]])
    np.testing.assert_array_equal(graph.cosine_adjacency(x, 0.6), [[0, 0, 0], [0, 0, 1], [0, 1, 0]])
    a_hat = graph.build("cosine", x, 0.6)
    np.testing.assert_allclose(
        a_hat, np.array([[1, 0, 0], [0, 0.5, 0.5], [0, 0.5, 0.5]]), atol=1e-7
    )


def test_the_threshold_itself_is_an_edge() -> None:
    x = np.array([[1.0, 0.0], [3.0, 4.0]])  # s = 0.6 exactly
    assert graph.cosine_similarity(x)[0, 1] == 0.6
    assert graph.cosine_adjacency(x, 0.6)[0, 1] == 1
    assert graph.cosine_adjacency(x, np.nextafter(0.6, 1))[0, 1] == 0


def test_worked_path_of_three() -> None:
    third, sixth = 1 / 3, 1 / np.sqrt(6)
    expected = np.array([[0.5, sixth, 0], [sixth, third, sixth], [0, sixth, 0.5]])
    np.testing.assert_allclose(graph.build("temporal", np.ones((3, 2))), expected, atol=1e-7)


def test_cycle_closes_only_from_three() -> None:
    np.testing.assert_array_equal(graph.cycle_adjacency(1), [[0]])
    np.testing.assert_array_equal(graph.cycle_adjacency(2), [[0, 1], [1, 0]])
    assert graph.cycle_adjacency(5).sum(axis=1).tolist() == [2] * 5


def test_zero_norm_nodes_keep_only_their_self_loop() -> None:
    x = np.array([[1.0, 1.0], [0.0, 0.0], [1.0, 1.1]])
    a_hat = graph.build("cosine", x, 0.5)
    np.testing.assert_allclose(
        a_hat, np.array([[0.5, 0, 0.5], [0, 1, 0], [0.5, 0, 0.5]]), atol=1e-7
    )
    np.testing.assert_array_equal(graph.build("cosine", x, -1.0)[1] > 0, [True, True, True])


def test_one_node() -> None:
    for kind in graph.KINDS:
        np.testing.assert_array_equal(graph.build(kind, np.ones((1, 4)), 0.5), [[1]])


def test_a_self_loop_already_there_is_not_counted_twice() -> None:
    a = graph.temporal_adjacency(4)
    np.testing.assert_array_equal(
        graph.normalised_adjacency(a + np.eye(4, dtype=np.float32)), graph.normalised_adjacency(a)
    )


def test_unknown_graphs() -> None:
    for kind, gamma in (("star", 0.5), ("cosine", None)):
        with pytest.raises(EdgeSerError, match="cosine, temporal, cycle"):
            graph.build(kind, np.ones((2, 2)), gamma)
