from __future__ import annotations

import torch
from torch import Tensor, nn

from train.models.gca_lstm import GCALSTM, Informativeness, last_step


def prefixes(lengths: list[int], steps: int) -> Tensor:
    """Make the mask of sequences with these lengths."""
    return (torch.arange(steps) < torch.tensor(lengths).unsqueeze(1)).float()


def gca_lstm_step_by_step(model: GCALSTM, x: Tensor) -> tuple[Tensor, list[Tensor]]:
    """Compute (4) to (12) as printed for one sequence (N, d): F^(I), and each r, normalised."""
    units = model.refinement.out_features
    w, u, b, more = model.first.parameters()
    w_i, w_f, w_c, w_o = w.chunk(4)
    u_i, u_f, u_c, u_o = u.chunk(4)
    b_i, b_f, b_c, b_o = (b + more).chunk(4)
    h = c = x.new_zeros(units)
    encoded = []
    for m in x:
        f = torch.sigmoid(w_f @ m + u_f @ h + b_f)  # (4)
        i = torch.sigmoid(w_i @ m + u_i @ h + b_i)  # (5)
        o = torch.sigmoid(w_o @ m + u_o @ h + b_o)  # (6)
        c = f * c + i * torch.tanh(w_c @ m + u_c @ h + b_c)  # (7)
        h = o * torch.tanh(c)  # (8)
        encoded.append(h)
    memory = h
    w_e2, w_e1 = model.informativeness.hidden.weight, model.informativeness.score.weight
    w_f, w_i, w_o, w_c = model.second_input.weight.chunk(4)
    b_f, b_i, b_o, b_c = model.second_input.bias.chunk(4)
    u_f, u_i, u_o, u_c = model.second.hidden.weight.chunk(4)
    scores = []
    for _ in range(model.iterations):
        e = [w_e1 @ torch.tanh(w_e2 @ torch.cat([step, memory])) for step in encoded]  # (9)
        r = torch.stack(e).exp().squeeze(1)
        r = r / r.sum()  # (10)
        r = (r - r.min()) / (r.max() - r.min())
        h = c = x.new_zeros(units)
        for step, weight in zip(encoded, r, strict=True):
            f = torch.sigmoid(w_f @ step + u_f @ h + b_f)
            i = torch.sigmoid(w_i @ step + u_i @ h + b_i)
            o = torch.sigmoid(w_o @ step + u_o @ h + b_o)
            new = torch.tanh(w_c @ step + u_c @ h + b_c)
            c = f * c * (1 - weight) + i * new * weight  # (11)
            h = o * torch.tanh(c)
        memory = torch.relu(model.refinement.weight @ torch.cat([h, memory]))  # (12)
        scores.append(r)
    return memory, scores


def test_gca_lstm_is_the_papers() -> None:
    torch.manual_seed(0)
    model = GCALSTM(17, 24, 3).double()
    x, mask = torch.randn(3, 13, 17).double(), prefixes([9, 13, 2], 13).double()
    seen: list[Tensor] = []
    model.informativeness.register_forward_hook(lambda _, __, score: seen.append(score))
    memory = model(x, mask)
    assert memory.count_nonzero() > 20
    for b, length in enumerate([9, 13, 2]):
        expected, scores = gca_lstm_step_by_step(model, x[b, :length])
        torch.testing.assert_close(memory[b], expected)
        assert len(seen) == len(scores) == 3
        for ours, r in zip(seen, scores, strict=True):
            torch.testing.assert_close(ours[b, :length], r)
            assert not ours[b, length:].any()


def test_informativeness_spans_zero_to_one() -> None:
    torch.manual_seed(0)
    gate = Informativeness(8)
    h, mask = torch.randn(3, 10, 8), prefixes([10, 6, 2], 10)
    r = gate(h, torch.randn(3, 8), mask)
    for b, length in enumerate([10, 6, 2]):
        assert r[b, :length].min() == 0 and r[b, :length].max() == 1
    assert torch.equal(r * mask, r)


def test_equal_steps_are_all_informative() -> None:
    torch.manual_seed(0)
    gate = Informativeness(8)
    nn.init.zeros_(gate.score.weight)
    h, mask = torch.randn(2, 4, 8, requires_grad=True), prefixes([3, 1], 4)
    r = gate(h, torch.randn(2, 8), mask)
    assert torch.equal(r, mask)
    r.sum().backward()
    assert h.grad is not None and h.grad.isfinite().all()


def test_nearly_equal_and_extreme_scores_stay_exact() -> None:
    gate = Informativeness(1)
    nn.init.constant_(gate.hidden.weight, 1.0)
    h, context = torch.tensor([[[0.1], [0.2], [0.3]]]), torch.zeros(1, 1)
    e = torch.tensor([0.1, 0.2, 0.3], dtype=torch.float64).tanh()
    for scale, within in ((1e-5, 1e-5), (1000.0, 1e-3)):
        nn.init.constant_(gate.score.weight, scale)
        r = (scale * (e - e.max())).exp()
        expected = (r - r.min()) / (r.max() - r.min())
        torch.testing.assert_close(
            gate(h, context, torch.ones(1, 3))[0].double(), expected, rtol=0, atol=within
        )


def test_last_step() -> None:
    h = torch.arange(12.0).view(3, 4, 1)
    assert last_step(h, prefixes([4, 2, 0], 4)).flatten().tolist() == [3.0, 5.0, 0.0]
