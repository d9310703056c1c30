from __future__ import annotations

import numpy as np
import pytest
import torch

from edge_ser.errors import EdgeSerError
from edge_ser.graph import cosine_adjacency, normalised_adjacency
from tests.train.models import checks
from train import models
from train.models.cogcn import CoGCN


def graph(n: int, seed: int, dimension: int = 88) -> tuple[torch.Tensor, torch.Tensor]:
    x = np.random.default_rng(seed).standard_normal((n, dimension)).astype(np.float32)
    a_hat = normalised_adjacency(cosine_adjacency(x, 0.1))
    return torch.from_numpy(x), torch.from_numpy(a_hat)


def padded(
    x: torch.Tensor, a_hat: torch.Tensor, n: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Make a batch of one graph with ``n`` nodes, with garbage in the padding."""
    m = len(x)
    wide, adjacency, mask = (
        torch.full((1, n, x.shape[1]), 9.0),
        torch.zeros(1, n, n),
        torch.zeros(1, n),
    )
    wide[0, :m], adjacency[0, :m, :m], mask[0, :m] = x, a_hat, 1.0
    adjacency[0, range(m, n), range(m, n)] = 1.0
    return wide, adjacency, mask


@pytest.mark.parametrize(
    ("settings", "count"),
    [
        ({"layers": 2}, 44_676),
        ({"layers": 3}, 61_060),
        ({"layers": 4}, 77_444),
        ({"layers": 3, "preprocess": False}, 44_548),
        ({"layers": 3, "hidden": 120}, 54_364),
    ],
)
def test_parameter_counts(settings: dict[str, int], count: int) -> None:
    assert models.count_parameters(models.create("cogcn", 88, 4, settings)) == count


@pytest.mark.parametrize("skip", [True, False])
@pytest.mark.parametrize("preprocess", [True, False])
def test_padding_changes_nothing(skip: bool, preprocess: bool) -> None:
    torch.manual_seed(0)
    model = CoGCN(88, 4, layers=3, skip=skip, preprocess=preprocess).eval()
    x, a_hat = graph(17, 0)
    alone = model(*padded(x, a_hat, 17))
    torch.testing.assert_close(model(*padded(x, a_hat, 40)), alone, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", ["cosine", "temporal"])
def test_gradient_reaches_every_weight_and_sixteen_clips_are_learnt(kind: str) -> None:
    torch.manual_seed(0)
    checks.assert_gradients_everywhere(CoGCN(20, 4, layers=3), 20, kind)
    small = CoGCN(20, 4, layers=3, dropout=0.0)
    checks.assert_learns_sixteen_by_heart(small, 20, 3e-3, 80, kind=kind)


def test_order_of_nodes_changes_nothing() -> None:
    torch.manual_seed(0)
    model = CoGCN(88, 4, layers=4).eval()
    x, a_hat = graph(23, 1)
    order = torch.randperm(23)
    shuffled = model(*padded(x[order], a_hat[order][:, order], 23))
    torch.testing.assert_close(shuffled, model(*padded(x, a_hat, 23)), rtol=1e-5, atol=1e-5)


def test_graphs_of_a_batch_do_not_meet() -> None:
    torch.manual_seed(0)
    model = CoGCN(88, 4).eval()
    short, long = padded(*graph(5, 2), 30), padded(*graph(30, 3), 30)
    together = model(*(torch.cat(pair) for pair in zip(short, long, strict=True)))
    torch.testing.assert_close(together, torch.cat([model(*short), model(*long)]))


def test_same_as_the_sparse_form() -> None:
    """Compare with equations (3) to (7) on an edge list, with PyTorch Geometric's layer."""
    from torch_geometric.nn import GCNConv  # seconds: not in every worker
    from torch_geometric.utils import dense_to_sparse

    torch.manual_seed(0)
    model = CoGCN(88, 4, layers=3).eval()
    x, a_hat = graph(40, 4)
    edges, _ = dense_to_sparse(torch.from_numpy(cosine_adjacency(x.numpy(), 0.1)))
    assert edges.shape[1] > 40
    assert model.preprocess is not None
    h = model.preprocess(x).relu()
    for dense in model.convolutions:
        sparse = GCNConv(128, 128, bias=False)
        sparse.lin.weight.data = dense.weight.data
        h = sparse(h, edges).relu() + h
    expected = model.output(h.mean(dim=0))
    torch.testing.assert_close(model(*padded(x, a_hat, 40))[0], expected, rtol=1e-5, atol=1e-5)


def test_without_skip_and_without_preprocessing() -> None:
    torch.manual_seed(0)
    x, a_hat = graph(12, 5)
    plain = CoGCN(88, 4, layers=1, skip=False, preprocess=False).eval()
    (layer,) = plain.convolutions
    h = layer(a_hat @ x).relu()
    torch.testing.assert_close(plain(*padded(x, a_hat, 12))[0], plain.output(h.mean(dim=0)))
    first_has_no_skip = CoGCN(88, 4, layers=1, skip=True, preprocess=False).eval()
    first_has_no_skip.load_state_dict(plain.state_dict())
    torch.testing.assert_close(
        first_has_no_skip(*padded(x, a_hat, 12)), plain(*padded(x, a_hat, 12))
    )


def test_dropout_only_while_training() -> None:
    torch.manual_seed(0)
    model = CoGCN(88, 4, dropout=0.5)
    inputs = padded(*graph(10, 6), 10)
    assert not torch.equal(model.train()(*inputs), model(*inputs))
    assert torch.equal(model.eval()(*inputs), model(*inputs))


def test_registry() -> None:
    types = {"layers": int, "hidden": int, "skip": bool, "preprocess": bool, "dropout": float}
    assert models.setting_types("cogcn") == types
    with pytest.raises(EdgeSerError, match="no model 'gpt'; there are bigru, cogcn, dnn,"):
        models.create("gpt", 88, 4, {})
