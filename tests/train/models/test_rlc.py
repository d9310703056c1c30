from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import nn

from edge_ser.errors import EdgeSerError
from tests.train.models import checks
from train import models
from train.models.gca_lstm import GCALSTM
from train.models.rlc import RLC, UNITS, Convolution, MaskedBatchNorm, SelfAttention

clips = partial(checks.padded, dimension=17)


@pytest.mark.parametrize(
    ("system", "count", "printed"),
    [
        ("baseline", 9_216_740, 9.27e6),
        ("s1", 9_236_580, 9.15e6),
        ("s2", 9_068_644, 9.07e6),
        ("s3", 9_330_020, 9.11e6),
    ],
)
def test_parameter_counts(system: str, count: int, printed: float) -> None:
    assert models.count_parameters(RLC(17, 4, system=system)) == count
    assert abs(count - printed) < 0.03 * printed


def test_lexical_branch_adds_an_lstm_and_what_reads_it() -> None:
    lstm = 4 * 256 * (300 + 256 + 2)
    count = models.count_parameters(RLC(17, 4, word_dimension=300))
    assert count == 9_330_020 + lstm + 256 * 256


@pytest.mark.parametrize("system", UNITS)
def test_any_number_of_frames(system: str) -> None:
    torch.manual_seed(0)
    model = RLC(17, 3, system=system).eval()
    for frames in (1, 2, 32, 33, 70):
        logits = model(*clips([frames, max(frames // 2, 1)], frames))
        assert logits.shape == (2, 3) and logits.isfinite().all()


@pytest.mark.parametrize("system", UNITS)
@pytest.mark.parametrize("training", [False, True])
def test_padding_changes_nothing(system: str, training: bool) -> None:
    torch.manual_seed(0)
    model = RLC(17, 4, system=system, dropout=0.0).train(training)
    lengths = [70, 33, 1, 64]
    alone = model(*clips(lengths, 70))
    torch.testing.assert_close(model(*clips(lengths, 70, -50.0)), alone, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(model(*clips(lengths, 203)), alone, rtol=1e-5, atol=1e-5)


def test_clips_of_a_batch_do_not_meet() -> None:
    torch.manual_seed(0)
    model = RLC(17, 4).eval()
    x, mask = clips([40, 100], 100)
    apart = torch.cat([model(x[:1, :40], mask[:1, :40]), model(x[1:], mask[1:])])
    torch.testing.assert_close(model(x, mask), apart, rtol=1e-5, atol=1e-5)


def test_batch_norm_is_that_of_the_real_steps() -> None:
    torch.manual_seed(0)
    ours, theirs = MaskedBatchNorm(17), nn.BatchNorm1d(17)
    x, mask = clips([30, 7, 1], 40)
    real = mask.bool()
    for training in (True, True, False):
        y = ours.train(training)(x.mT, mask.unsqueeze(1)).mT[real]
        torch.testing.assert_close(y, theirs.train(training)(x[real]), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(
        (ours.mean, ours.variance), (theirs.running_mean, theirs.running_var)
    )


def test_batch_norm_of_a_single_step_is_finite() -> None:
    norm = MaskedBatchNorm(17)
    x, mask = clips([1], 1)
    assert torch.equal(norm(x.mT, mask.unsqueeze(1)), torch.zeros(1, 17, 1))
    assert norm.variance.isfinite().all()


def test_stride_is_in_the_first_convolution_of_each_group() -> None:
    """Check that 5 ms frames become 160 ms steps, step t centred on frame 32 t."""
    model = RLC(17, 4)
    assert model.convolutions is not None
    strides = [m.stride for m in model.convolutions.modules() if isinstance(m, Convolution)]
    assert strides == [2] * 5 + [1] * 20
    assert [m.stride for m in model.convolutions.entries] == [2] * 5
    h, steps = model.convolutions(*clips([97, 96], 97))
    assert h.shape == (2, 4, 512)
    assert steps.tolist() == [[1, 1, 1, 1], [1, 1, 1, 0]]


def test_gradient_reaches_every_parameter() -> None:
    torch.manual_seed(0)
    words = torch.randn(4, 5, 8), torch.ones(4, 5)
    heard = clips([120, 90, 100, 120], 120)
    checks.assert_gradients(RLC(17, 4, word_dimension=8), (*heard, *words))


def test_overfits_sixteen_clips() -> None:
    torch.manual_seed(0)
    model = RLC(17, 4, dropout=0.0)
    x, mask = clips([64] * 8 + [50] * 8, 64)
    labels = torch.arange(16) % 4
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(25):
        optimiser.zero_grad()
        logits = model(x, mask)
        nn.functional.cross_entropy(logits, labels).backward()
        optimiser.step()
        if torch.equal(logits.argmax(dim=1), labels):
            return
    pytest.fail(f"after 25 steps {logits.argmax(dim=1).tolist()}")


def test_self_attention_is_the_papers() -> None:
    """Compare with equations (2) and (3) over the real steps only."""
    torch.manual_seed(0)
    attention = SelfAttention(16)
    x, mask = torch.randn(2, 16, 9), clips([9, 5], 9)[1].unsqueeze(1)
    w = attention.heads.in_proj_weight
    for b, length in enumerate([9, 5]):
        steps = x[b, :, :length].T
        q, k, v = ((steps @ part.T).view(length, 4, 4).transpose(0, 1) for part in w.chunk(3))
        heads = nn.functional.scaled_dot_product_attention(q, k, v)
        expected = attention.heads.out_proj(heads.transpose(0, 1).reshape(length, 16))
        torch.testing.assert_close(attention(x, mask)[b, :, :length].T, expected)
        weights = attention.weights(x, mask)[b, :, :length]
        torch.testing.assert_close(weights[..., :length], (q @ k.mT / 2).softmax(dim=-1))
        assert not weights[..., length:].any()


@pytest.mark.parametrize(
    ("system", "shown"),
    [
        ("baseline", set()),
        ("s1", set()),
        ("s2", {"attention"}),
        ("s3", {"attention", "informativeness"}),
    ],
)
def test_explain(system: str, shown: set[str]) -> None:
    torch.manual_seed(0)
    model = RLC(17, 4, system=system, iterations=2).eval()
    inputs = clips([160, 96], 160)
    before = model(*inputs)
    seen = model.explain(*inputs)
    assert set(seen) == shown
    if "attention" in seen:
        assert seen["attention"].shape == (2, 4, 5, 5)
        torch.testing.assert_close(seen["attention"].sum(dim=-1), torch.ones(2, 4, 5))
        assert not seen["attention"][1, :, :, 3:].any()
    if "informativeness" in seen:
        r = seen["informativeness"]
        assert r.shape == (2, 2, 5)
        assert not r[1, :, 3:].any() and torch.equal(r.amax(dim=-1), torch.ones(2, 2))
        assert not torch.equal(r[:, 0], r[:, 1])
    assert torch.equal(model(*inputs), before)
    assert not any(module._forward_hooks for module in model.modules())


def test_systems_differ_as_table_2_has_it() -> None:
    def has(system: str, kind: type[nn.Module]) -> bool:
        return any(isinstance(module, kind) for module in RLC(17, 4, system=system).modules())

    assert [has(s, Convolution) for s in UNITS] == [False, True, True, True]
    assert [has(s, SelfAttention) for s in UNITS] == [False, False, True, True]
    assert [has(s, GCALSTM) for s in UNITS] == [False, False, False, True]
    with pytest.raises(EdgeSerError, match="no system 's4'; there are baseline, s1, s2, s3"):
        RLC(17, 4, system="s4")


def test_iterations_refine() -> None:
    torch.manual_seed(0)
    model = RLC(17, 4).eval()
    inputs = clips([100], 100)
    thrice = model(*inputs)
    assert isinstance(model.encoder, GCALSTM)
    model.encoder.iterations = 1
    assert not torch.allclose(model(*inputs), thrice)


def test_words() -> None:
    torch.manual_seed(0)
    model = RLC(17, 4, word_dimension=6).eval()
    x, mask = clips([40, 40], 40)
    words, word_mask = torch.randn(2, 5, 6), torch.tensor([[1.0, 1, 1, 0, 0], [0.0] * 5])
    logits = model(x, mask, words, word_mask)
    junk = torch.where(word_mask.unsqueeze(-1) > 0, words, torch.tensor(-7.0))
    torch.testing.assert_close(model(x, mask, junk, word_mask), logits)
    assert not torch.allclose(model(x, mask, words.flip(1), word_mask)[0], logits[0])
    assert model.convolutions is not None
    silent = model.encoder(*model.convolutions(x, mask))[1]
    expected = model.classifier(torch.cat([silent, torch.zeros(256)]))
    torch.testing.assert_close(logits[1], expected, rtol=1e-5, atol=1e-5)
    with pytest.raises(ValueError, match="word_dimension"):
        model(x, mask)
    with pytest.raises(ValueError, match="word_dimension"):
        RLC(17, 4)(x, mask, words, word_mask)


def test_dropout_only_while_training() -> None:
    torch.manual_seed(0)
    model = RLC(17, 4)
    inputs = clips([40, 64], 64)
    assert not torch.equal(model(*inputs), model(*inputs))
    assert torch.equal(model.eval()(*inputs), model(*inputs))
