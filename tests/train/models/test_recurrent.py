"""The baselines BiGRU and DNN, and the layer that recurrent networks share."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from tests.train.models import checks
from train.models import count_parameters
from train.models.bigru import BiGRU
from train.models.dnn import DNN
from train.models.network import BidirectionalGRU


def test_parameter_counts() -> None:
    bigru = BiGRU(88, 4)
    assert sum(p.numel() for p in bigru.recurrent.parameters()) == 463_872  # the paper: 464K
    assert count_parameters(bigru) == 464_900
    assert count_parameters(DNN(88, 4)) == 88 * 256 + 2 * 256 * 256 + 3 * 256 + 4 * 257


@pytest.mark.parametrize("network", [BiGRU, DNN])
def test_what_every_network_must_do(network: type[BiGRU] | type[DNN]) -> None:
    torch.manual_seed(0)
    checks.assert_padding_changes_nothing(network(20, 4), 20, [9, 1, 14])
    checks.assert_gradients_everywhere(network(20, 4), 20)
    checks.assert_learns_sixteen_by_heart(network(20, 4, dropout=0.0), 20, 3e-3, 60)


def test_the_order_of_frames_matters_to_a_recurrent_network_alone() -> None:
    torch.manual_seed(0)
    x, mask = torch.randn(1, 10, 20), torch.ones(1, 10)
    order = torch.randperm(10)
    bigru, dnn = BiGRU(20, 4).eval(), DNN(20, 4).eval()
    assert (bigru(x, mask) - bigru(x[:, order], mask)).abs().max() > 1e-3
    torch.testing.assert_close(dnn(x, mask), dnn(x[:, order], mask))


def test_same_as_pytorchs_bidirectional_layer_over_packed_sequences() -> None:
    torch.manual_seed(0)
    layer = BidirectionalGRU(5, 3)
    reference = nn.GRU(5, 3, batch_first=True, bidirectional=True)
    for name, weight in layer.ahead.named_parameters():
        getattr(reference, name).data = weight.data
    for name, weight in layer.back.named_parameters():
        getattr(reference, f"{name}_reverse").data = weight.data
    x, mask = torch.randn(3, 8, 5), torch.ones(3, 8)
    mask[1, 4:] = mask[2, 1:] = 0.0
    packed = pack_padded_sequence(x, mask.sum(dim=1), batch_first=True, enforce_sorted=False)
    expected, _ = pad_packed_sequence(reference(packed)[0], batch_first=True)
    torch.testing.assert_close(torch.cat(layer(x, mask), dim=-1), expected)
