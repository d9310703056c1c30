from __future__ import annotations

import pytest
import torch

from edge_ser.graph import build, cycle_adjacency
from tests.train.models import checks
from train.models import count_parameters
from train.models.wma_gin import WMAGIN, aggregate

SUM, MEAN, SOFTMAX = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)


def test_parameter_count() -> None:
    # the paper prints 0.98M; its text gives BiGRU + 4 layers with epsilon + attention + 5 heads
    expected = 159_744 + 4 * (65_792 + 1) + (20_224 + 2 * 65_792) + 5 * 1_028
    assert count_parameters(WMAGIN(78, 4)) == expected == 579_864


def test_the_papers_example() -> None:
    """Check that softmax, unlike sum and mean, distinguishes {0.2, 0.2} from {0, 0.4}."""
    messages = torch.tensor([[0.0, 0.2, 0.2], [0.0, 0.0, 0.4]]).unsqueeze(-1)
    neighbours = torch.zeros(2, 3, 3)
    neighbours[:, 0, 1:] = 1.0
    found = {w: aggregate(messages, neighbours, w)[:, 0, 0] for w in (SUM, MEAN, SOFTMAX)}
    torch.testing.assert_close(found[SUM], torch.tensor([0.4, 0.4]))
    torch.testing.assert_close(found[MEAN], torch.tensor([0.2, 0.2]))
    e = torch.tensor(0.4).exp()
    torch.testing.assert_close(found[SOFTMAX], torch.stack([torch.tensor(0.2), 0.4 * e / (1 + e)]))


def test_same_as_pytorch_geometric_over_an_edge_list() -> None:
    # seconds: not in every worker
    from torch_geometric.nn.aggr import MeanAggregation, SoftmaxAggregation, SumAggregation

    torch.manual_seed(0)
    x = 3.0 * torch.randn(1, 30, 8)
    neighbours = (torch.rand(1, 30, 30) < 0.2).float()
    neighbours[0, range(30), range(30)] = 0.0
    neighbours[0, 7] = 0.0  # no neighbours
    to, source = neighbours[0].nonzero(as_tuple=True)
    pairs = ((SUM, SumAggregation()), (MEAN, MeanAggregation()), (SOFTMAX, SoftmaxAggregation()))
    expected = torch.zeros(30, 8)
    for weights, reference in pairs:
        one = reference(x[0, source], to, dim_size=30)
        torch.testing.assert_close(aggregate(x, neighbours, weights)[0], one, rtol=1e-5, atol=1e-5)
        expected += one / 3
    thirds = (1 / 3, 1 / 3, 1 / 3)
    found = aggregate(x, neighbours, thirds)[0]
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


def test_large_values_do_not_overflow() -> None:
    x = torch.tensor([[[500.0], [-500.0], [300.0]]])
    found = aggregate(x, 1.0 - torch.eye(3).unsqueeze(0), SOFTMAX)
    assert torch.isfinite(found).all()
    torch.testing.assert_close(found[0, 1], torch.tensor([500.0]))


def test_what_every_network_must_do() -> None:
    torch.manual_seed(0)
    checks.assert_padding_changes_nothing(WMAGIN(20, 4), 20, [9, 1, 2, 14])
    checks.assert_gradients_everywhere(WMAGIN(20, 4), 20)
    checks.assert_learns_sixteen_by_heart(WMAGIN(20, 4, recurrent=32), 20, 3e-3, 80)


def test_stages_are_weighted_one_to_five() -> None:
    torch.manual_seed(0)
    model = WMAGIN(20, 4).eval()
    inputs = checks.batch(model, [12, 7], 20)
    staged = model.stages(*inputs)
    assert [share for share, _ in staged] == pytest.approx([i / 15 for i in range(1, 6)])
    torch.testing.assert_close(staged[-1][1], model(*inputs))
    model.multi_stage = False
    ((share, logits),) = model.stages(*inputs)
    assert share == 1.0
    torch.testing.assert_close(logits, model(*inputs))


def test_only_the_full_layer_looks_past_the_neighbours() -> None:
    """Check which nodes of layer l depend on frame 0 of the first graph layer's input."""
    x = torch.zeros(1, 12, 256)
    x[0, 0] = 1.0
    cycle = torch.from_numpy(cycle_adjacency(12)).unsqueeze(0)
    everyone = 1.0 - torch.eye(12).unsqueeze(0)
    reached = aggregate(x, cycle, SUM)[0].any(dim=1).nonzero().flatten().tolist()
    assert reached == [1, 11]
    assert aggregate(x, everyone, SUM)[0].any(dim=1).nonzero().flatten().tolist() == [*range(1, 12)]


@pytest.mark.parametrize("full", [0, 2, 4])
def test_where_the_full_layer_stands_matters(full: int) -> None:
    torch.manual_seed(0)
    model = WMAGIN(20, 4, full=full).eval()
    other = WMAGIN(20, 4, full=3).eval()
    other.load_state_dict(model.state_dict())
    inputs = checks.batch(model, [12], 20)
    assert not torch.allclose(model(*inputs), other(*inputs))


def test_aggregation_does_not_depend_on_the_order_of_nodes() -> None:
    torch.manual_seed(0)
    x = torch.randn(1, 15, 8)
    neighbours = (torch.from_numpy(build("cosine", x[0].numpy(), 0.0)) > 0).float().unsqueeze(0)
    order = torch.randperm(15)
    thirds = (1 / 3, 1 / 3, 1 / 3)
    shuffled = aggregate(x[:, order], neighbours[:, order][:, :, order], thirds)
    torch.testing.assert_close(shuffled, aggregate(x, neighbours, thirds)[:, order])
