"""Checks that every network must pass."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from edge_ser.graph import build
from train.models.network import Network


def batch(
    model: Network, lengths: list[int], dimension: int, kind: str = "cycle", seed: int = 0
) -> tuple[Tensor, ...]:
    """Make random frames, padded with zeros, as arguments of ``forward``."""
    generator = torch.Generator().manual_seed(seed)
    n = max(lengths)
    x = torch.zeros(len(lengths), n, dimension)
    a_hat, mask = torch.zeros(len(lengths), n, n), torch.zeros(len(lengths), n)
    for i, m in enumerate(lengths):
        x[i, :m] = torch.randn(m, dimension, generator=generator)
        mask[i, :m] = 1.0
        a_hat[i, :m, :m] = torch.from_numpy(build(kind, x[i, :m].numpy(), 0.1))
    return (x, a_hat, mask) if model.graph else (x, mask)


def padded(
    lengths: list[int], frames: int, junk: float = 9.0, *, dimension: int
) -> tuple[Tensor, Tensor]:
    """Make a batch of random sequences of ``frames`` frames, with garbage in the padding."""
    random = torch.Generator().manual_seed(0)
    x = torch.full((len(lengths), frames, dimension), junk)
    mask = torch.zeros(len(lengths), frames)
    for b, length in enumerate(lengths):
        x[b, :length] = torch.randn(length, dimension, generator=random)
        mask[b, :length] = 1.0
    return x, mask


def longer(inputs: tuple[Tensor, ...], frames: int) -> tuple[Tensor, ...]:
    """Extend a batch with more padding, all filled with garbage."""
    x, mask = inputs[0], inputs[-1]
    wide = nn.functional.pad(x, (0, 0, 0, frames))
    wide_mask = nn.functional.pad(mask, (0, frames))
    wide = torch.where(wide_mask.unsqueeze(-1) > 0, wide, torch.full_like(wide, 9.0))
    between = [nn.functional.pad(a_hat, (0, frames, 0, frames)) for a_hat in inputs[1:-1]]
    return (wide, *between, wide_mask)


def assert_padding_changes_nothing(model: Network, dimension: int, lengths: list[int]) -> None:
    model.eval()
    inputs = batch(model, lengths, dimension)
    expected = model(*inputs)
    torch.testing.assert_close(model(*longer(inputs, 13)), expected, rtol=1e-5, atol=1e-5)
    for i, m in enumerate(lengths):
        alone = tuple(t[i : i + 1, :m, ..., :m] for t in inputs[1:-1])
        single = model(inputs[0][i : i + 1, :m], *alone, inputs[-1][i : i + 1, :m])
        torch.testing.assert_close(single[0], expected[i], rtol=1e-5, atol=1e-5)


def assert_gradients_everywhere(model: Network, dimension: int, kind: str = "cycle") -> None:
    assert_gradients(model, batch(model, [12, 7, 9], dimension, kind))


def assert_gradients(model: Network, inputs: tuple[Tensor, ...]) -> None:
    labels = torch.arange(len(inputs[0])) % 4
    _loss(model.train(), inputs, labels).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
        assert parameter.grad.abs().sum() > 0, name


def _loss(model: Network, inputs: tuple[Tensor, ...], labels: Tensor) -> Tensor:
    losses = [
        share * nn.functional.cross_entropy(logits, labels)
        for share, logits in model.stages(*inputs)
    ]
    return torch.stack(losses).sum()


def assert_learns_sixteen_by_heart(
    model: Network, dimension: int, rate: float, steps: int, frames: int = 20, kind: str = "cycle"
) -> None:
    """Check that the network can memorise sixteen clips of noise with arbitrary labels."""
    torch.manual_seed(0)
    inputs = batch(model, [frames - i % 5 for i in range(16)], dimension, kind, seed=1)
    labels = torch.arange(16) % 4
    optimiser = torch.optim.Adam(model.parameters(), lr=rate)
    model.train()
    for _ in range(steps):
        optimiser.zero_grad()
        _loss(model, inputs, labels).backward()
        optimiser.step()
    assert (model.eval()(*inputs).argmax(dim=1) == labels).all()
