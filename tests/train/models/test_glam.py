from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from edge_ser.errors import EdgeSerError
from tests.train.models import checks
from train import models
from train.models.glam import GLAM, Attention, GatedMLP, MultiScale

segments = partial(checks.padded, dimension=40)


@pytest.mark.parametrize(
    ("settings", "count"),
    [
        ({}, 616_456),
        ({"fusion": "attention"}, 365_476),
        ({"fusion": "none"}, 72_100),
        ({"multiscale": False}, 205_982),
        ({"multiscale": False, "fusion": "none"}, 68_276),
    ],
)
def test_parameter_counts(settings: dict[str, Any], count: int) -> None:
    """Check the parameter counts; the paper gives none."""
    assert models.count_parameters(GLAM(40, 4, **settings)) == count


@pytest.mark.parametrize("dimension", [4, 17, 26, 40])
@pytest.mark.parametrize("multiscale", [True, False])
def test_any_number_of_frames_and_features(dimension: int, multiscale: bool) -> None:
    model = GLAM(dimension, 3, frames=63, multiscale=multiscale)
    for frames in (1, 20, 63):
        logits = model(torch.randn(2, frames, dimension), torch.ones(2, frames))
        assert logits.shape == (2, 3) and logits.isfinite().all()


def test_a_longer_segment_is_refused() -> None:
    with pytest.raises(ValueError, match="63 frames; the network was made for 62"):
        GLAM(40, 4)(*segments([63], 63))


@pytest.mark.parametrize("fusion", ["gmlp", "attention", "none"])
@pytest.mark.parametrize("training", [False, True])
def test_padding_changes_nothing(fusion: str, training: bool) -> None:
    torch.manual_seed(0)
    model = GLAM(40, 4, fusion=fusion).train(training)
    lengths = [50, 31, 1]
    alone = model(*segments(lengths, 50))
    torch.testing.assert_close(model(*segments(lengths, 50, -50.0)), alone)
    torch.testing.assert_close(model(*segments(lengths, 62)), alone)


def test_gradient_reaches_every_parameter() -> None:
    for settings in ({}, {"fusion": "attention"}, {"multiscale": False}):
        torch.manual_seed(0)
        checks.assert_gradients(GLAM(40, 4, **settings), segments([62, 40, 62, 20], 62))


def test_overfits_sixteen_segments() -> None:
    torch.manual_seed(0)
    model = GLAM(40, 4)
    x, mask = segments([62] * 8 + [40] * 8, 62)
    labels = torch.arange(16) % 4
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(15):
        optimiser.zero_grad()
        logits = model(x, mask)
        nn.functional.cross_entropy(logits, labels).backward()
        optimiser.step()
    assert torch.equal(logits.argmax(dim=1), labels)


def test_one_by_three_spans_features_and_three_by_one_frames() -> None:
    torch.manual_seed(0)
    block = MultiScale(1, axis=1).eval()
    silence, impulse = torch.zeros(1, 1, 9, 7), torch.zeros(1, 1, 9, 7)
    impulse[0, 0, 4, 3] = 1.0
    reached = (block.spatial[0](impulse) != block.spatial[0](silence))[0].any(dim=0).nonzero()
    assert reached.tolist() == [[4, 2], [4, 3], [4, 4]]
    reached = (block.temporal[0](impulse) != block.temporal[0](silence))[0].any(dim=0).nonzero()
    assert reached.tolist() == [[3, 3], [4, 3], [5, 3]]


def test_first_block_joins_in_space_and_the_rest_along_channels() -> None:
    shapes = []
    model = GLAM(40, 4)
    for layer in model.convolutions:
        layer.register_forward_hook(lambda _, __, out: shapes.append(tuple(out.shape[1:])))
    model(*segments([62], 62))
    assert shapes == [
        (16, 62, 80),
        (32, 62, 80),
        (32, 31, 40),
        (32, 31, 40),
        (32, 15, 20),
        (32, 15, 20),
        (32, 15, 20),
    ]


def test_gated_mlp_is_that_of_liu_et_al() -> None:
    torch.manual_seed(0)
    block = GatedMLP(8, 6).double()
    for parameter in block.parameters():
        nn.init.normal_(parameter)
    x = torch.randn(3, 8, 6, dtype=torch.float64)

    def layer_norm(z: Tensor, norm: nn.LayerNorm) -> Tensor:
        centred = z - z.mean(dim=-1, keepdim=True)
        variance = centred.square().mean(dim=-1, keepdim=True)
        return centred / (variance + norm.eps).sqrt() * norm.weight + norm.bias

    z = layer_norm(x, block.norm) @ block.expand.weight.T + block.expand.bias
    z = z * (1 + torch.erf(z / 2**0.5)) / 2
    assert z.shape == (3, 8, 24)
    u, v = z[..., :12], layer_norm(z[..., 12:], block.gate_norm)
    mixed = torch.einsum("ij,bjd->bid", block.gate.weight[:, :, 0], v)
    gate = mixed + block.gate.get_parameter("bias").unsqueeze(-1)
    expected = x + (u * gate) @ block.contract.weight.T + block.contract.bias
    torch.testing.assert_close(block(x), expected)


def test_gate_is_open_at_the_start() -> None:
    torch.manual_seed(0)
    block = GatedMLP(32, 300)
    assert block.gate.weight.abs().max() < 1e-4
    gate = block.gate(torch.randn(2, 32, 600))
    torch.testing.assert_close(gate, torch.ones_like(gate), rtol=0, atol=0.01)


def test_attention_is_multi_head_self_attention() -> None:
    """Compare with PyTorch's layer with the same weights and an identity output projection."""
    torch.manual_seed(0)
    attention = Attention(256)
    reference = nn.MultiheadAttention(256, 4, bias=False, batch_first=True)
    with torch.no_grad():
        reference.in_proj_weight.copy_(attention.project.weight)
        reference.out_proj.weight.copy_(torch.eye(256))
    x = torch.randn(2, 256, 11)
    steps = x.mT
    torch.testing.assert_close(
        attention(x), reference(steps, steps, steps)[0].mT, rtol=1e-4, atol=1e-5
    )


def test_switches() -> None:
    def has(kind: type[nn.Module], **settings: Any) -> bool:
        return any(isinstance(module, kind) for module in GLAM(40, 4, **settings).modules())

    assert has(GatedMLP) and has(MultiScale) and not has(Attention)
    assert has(Attention, fusion="attention") and not has(GatedMLP, fusion="attention")
    assert not has(GatedMLP, fusion="none") and not has(Attention, fusion="none")
    assert not has(MultiScale, multiscale=False)
    plain = [m for m in GLAM(40, 4, multiscale=False).modules() if isinstance(m, nn.Conv2d)]
    assert [m.out_channels for m in plain] == [16, 32, 32, 32, 32]
    assert [m.kernel_size for m in plain] == [(3, 3)] * 4 + [(5, 5)]
    with pytest.raises(EdgeSerError, match="no fusion 'area'; there are gmlp, attention, none"):
        GLAM(40, 4, fusion="area")
