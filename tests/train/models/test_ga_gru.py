from __future__ import annotations

import pytest
import torch

from tests.train.models import checks
from train.models import count_parameters
from train.models.ga_gru import GAGRU, average_frames


def test_parameter_counts() -> None:
    def layer(into: int) -> int:
        return 2 * (3 * 256 * (into + 256) + 2 * 3 * 256)

    rest = (256 * 16 + 16) + 16 + 1_028
    assert count_parameters(GAGRU(78, 4)) == layer(78) + layer(512) + rest == 1_703_972
    # the CoGCN paper cites 1.6M
    summed = count_parameters(GAGRU(78, 4, sum_first=True))
    assert summed == layer(78) + layer(256) + rest == 1_310_756


def test_what_every_network_must_do() -> None:
    torch.manual_seed(0)
    checks.assert_padding_changes_nothing(GAGRU(20, 4, hidden=32), 20, [23, 1, 5, 12])
    checks.assert_gradients_everywhere(GAGRU(20, 4, hidden=32), 20)
    small = GAGRU(20, 4, hidden=32, dropout=0.0)
    checks.assert_learns_sixteen_by_heart(small, 20, 5e-3, 120)


def test_frames_are_averaged_five_by_five() -> None:
    x = torch.arange(12.0).view(1, 12, 1)
    mask = torch.ones(1, 12)
    mask[0, 11:] = 0.0
    means, remaining = average_frames(x, mask, 5)
    assert means.flatten().tolist() == [2.0, 7.0, 10.0]
    assert remaining.tolist() == [[1.0, 1.0, 1.0]]
    mask[0, 4:] = 0.0
    means, remaining = average_frames(x, mask, 5)
    assert means.flatten().tolist() == [1.5, 0.0, 0.0]
    assert remaining.tolist() == [[1.0, 0.0, 0.0]]


@torch.no_grad()
def test_equations_3_to_7_step_by_step() -> None:
    torch.manual_seed(0)
    model = GAGRU(6, 4, hidden=8, average=1).eval()
    x, mask = torch.randn(1, 7, 6), torch.ones(1, 7)
    ahead, back = model.second(torch.cat(model.first(x, mask), dim=-1), mask)
    h = (ahead + back)[0]
    scores = [float(model.salience(torch.tanh(model.score(step)))) for step in h]
    alpha = torch.tensor(scores).softmax(dim=0)
    final = torch.zeros(8)
    for i in range(7):
        edges = torch.stack([torch.relu(h[i] @ h[j]) for j in range(7)])
        edges = edges / (edges.sum() + 1e-15)
        assert float(edges.sum()) == pytest.approx(1.0)
        for j in range(7):
            final = final + edges[j] * alpha[j] * h[j]
    torch.testing.assert_close(model(x, mask)[0], model.output(final), rtol=1e-5, atol=1e-6)
    explained = model.explain(x, mask)
    torch.testing.assert_close(explained["attention"][0], alpha)
    torch.testing.assert_close(explained["graph"].sum(dim=2), torch.ones(1, 7))


def test_columns_that_add_up_to_one_would_undo_the_graph() -> None:
    """Check that (6) does not depend on the graph if (5) sums over the column, as printed."""
    torch.manual_seed(0)
    h, alpha = torch.randn(9, 5), torch.rand(9).softmax(dim=0)
    edges = (h @ h.T).relu()
    by_column, by_row = edges / edges.sum(dim=0), edges / edges.sum(dim=1, keepdim=True)
    plain = alpha @ h
    torch.testing.assert_close((by_column @ (alpha[:, None] * h)).sum(dim=0), plain)
    assert not torch.allclose((by_row @ (alpha[:, None] * h)).sum(dim=0), plain)


@torch.no_grad()
def test_without_the_graph_it_is_attention_alone() -> None:
    torch.manual_seed(0)
    model = GAGRU(6, 4, hidden=8, modulated=False).eval()
    graph = GAGRU(6, 4, hidden=8).eval()
    graph.load_state_dict(model.state_dict())
    x, mask = torch.randn(1, 30, 6), torch.ones(1, 30)
    assert not torch.allclose(model(x, mask), graph(x, mask))
    assert count_parameters(model) == count_parameters(graph)
    explained = model.explain(x, mask)
    assert explained["attention"].shape == (1, 6)
    assert float(explained["attention"].sum()) == pytest.approx(1.0)
