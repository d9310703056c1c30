"""RLC (Li et al. 2019, sections 3.1, 3.2 and 3.4; 3.3 is in :mod:`train.models.gca_lstm`).

"Towards discriminative representation learning for speech emotion recognition", IJCAI.
"""

from __future__ import annotations

import itertools
from typing import ClassVar

import torch
from torch import Tensor, nn

from edge_ser.errors import EdgeSerError
from train.models.gca_lstm import GCALSTM, Informativeness, StackedLSTM
from train.models.network import Network

WIDTHS = (32, 64, 128, 256, 512)
"""Channels of each group."""

KERNELS = (5, 5, 3, 3, 3)
ATTENTIVE = (False, True, True, True, True)
"""Groups with self-attention in their residual blocks."""

BLOCKS = 2
"""Residual blocks per group."""

HEADS = 4
DENSE = 256
"""Units of each dense layer of the classifier, and of the lexical LSTM."""

UNITS = {"baseline": 856, "s1": 512, "s2": 256, "s3": 256}
"""Units per acoustic LSTM layer in each system of Table 2."""


class MaskedBatchNorm(nn.Module):
    """Batch normalisation with statistics of the real steps only.

    PyTorch's layer counts padding, so a clip's contribution to training would depend on the longest
    clip of its batch.

    Args:
        channels: C.
    """

    mean: Tensor
    variance: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("variance", torch.ones(channels))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Map (B, C, T) and mask (B, 1, T) to (B, C, T); padding stays finite but not zero."""
        mean, variance = self._statistics(x, mask) if self.training else (self.mean, self.variance)
        scale = self.weight * (variance + 1e-5).rsqrt()
        return x * scale.unsqueeze(-1) + (self.bias - mean * scale).unsqueeze(-1)

    def _statistics(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        count = mask.sum()
        mean = (x * mask).sum(dim=(0, 2)) / count
        variance = ((x - mean.unsqueeze(-1)).square() * mask).sum(dim=(0, 2)) / count
        with torch.no_grad():
            self.mean.lerp_(mean, 0.1)
            self.variance.lerp_(variance * count / (count - 1).clamp_min(1), 0.1)
        return mean, variance


class Convolution(nn.Module):
    """Equation (1) over time with same padding, and batch normalisation; no bias is needed.

    Args:
        into: input channels.
        out: output channels.
        kernel: number of steps, odd.
        stride: T becomes ceil(T / stride).
    """

    def __init__(self, into: int, out: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.stride = stride
        self.filters = nn.Conv1d(into, out, kernel, stride, kernel // 2, bias=False)
        self.norm = MaskedBatchNorm(out)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Map (B, into, T) and mask (B, 1, T) to (B, out, ceil(T / stride))."""
        return self.norm(self.filters(x * mask), mask[..., :: self.stride])


class SelfAttention(nn.Module):
    r"""Multi-head self-attention among the real steps.

    .. math::
        Attention(Q, K, V) &= softmax(Q K^T / \sqrt{d_k}) V & (2) \\
        MultiHead(H) &= Concat(head_1, ..., head_r) W^O, \quad
            head_i = Attention(H W_i^Q, H W_i^K, H W_i^V) & (3)

    with r = 4 and :math:`d_k` a quarter of the width.

    Args:
        width: channels of a step.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = nn.MultiheadAttention(width, HEADS, bias=False, batch_first=True)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Map (B, width, T) and mask (B, 1, T) to (B, width, T)."""
        steps = x.transpose(1, 2)
        return self.heads(steps, steps, steps, mask[:, 0] == 0, need_weights=False)[0].mT

    def weights(self, x: Tensor, mask: Tensor) -> Tensor:
        """Compute the softmax of (2) for the same arguments: (B, 4, T, T), one row per query."""
        steps = x.transpose(1, 2)
        return self.heads(steps, steps, steps, mask[:, 0] == 0, average_attn_weights=False)[1]


class ResidualBlock(nn.Module):
    """Residual block of two convolutions (He et al. 2016) with self-attention between them.

    Args:
        width: channels.
        kernel: kernel of both convolutions.
        attention: whether to use self-attention, which has its own shortcut.
        dropout: probability after the first convolution.
    """

    def __init__(self, width: int, kernel: int, attention: bool, dropout: float) -> None:
        super().__init__()
        self.first = Convolution(width, width, kernel)
        self.dropout = nn.Dropout(dropout)
        self.attention = SelfAttention(width) if attention else None
        self.second = Convolution(width, width, kernel)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Map (B, width, T) and mask (B, 1, T) to (B, width, T)."""
        h = self.dropout(self.first(x, mask).relu())
        if self.attention is not None:
            h = h + self.attention(h, mask)
        return (x + self.second(h, mask)).relu()


class ResidualNetwork(nn.Module):
    """Five groups of a convolution of stride 2 and two residual blocks: from 5 ms to 160 ms steps.

    Args:
        dimension: d, features of a frame.
        attention: whether the groups after the first have self-attention.
        dropout: probability in the residual blocks.
    """

    def __init__(self, dimension: int, attention: bool, dropout: float) -> None:
        super().__init__()
        self.entries = nn.ModuleList()
        self.blocks = nn.ModuleList()
        shapes = zip(itertools.pairwise((dimension, *WIDTHS)), KERNELS, ATTENTIVE, strict=True)
        for (into, out), kernel, attentive in shapes:
            self.entries.append(Convolution(into, out, kernel, stride=2))
            for _ in range(BLOCKS):
                self.blocks.append(ResidualBlock(out, kernel, attention and attentive, dropout))

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Map (B, N, d) and mask (B, N) to (B, T, 512) and mask (B, T), T = ceil(N / 32)."""
        h, m = x.mT, mask.unsqueeze(1)
        for group, entry in enumerate(self.entries):
            h, m = entry(h, m).relu(), m[..., ::2]
            for block in self.blocks[group * BLOCKS : (group + 1) * BLOCKS]:
                h = block(h, m)
        return h.mT, m.squeeze(1)


class RLC(Network):
    """Residual convolutions with self-attention, :class:`GCALSTM` and a classifier.

    Frames of 5 ms pass through :class:`ResidualNetwork` and :class:`GCALSTM`; the representation of
    the whole, concatenated with the last hidden output of an LSTM over word vectors if there are
    transcripts (section 3.4), goes to three dense layers of 256 with ReLU and a linear layer.

    The filters are given only in Fig. 2, not in the text, so these are our choices: the widths 32
    to 512 and two residual blocks per group of the authors' public code, and kernels 5, 5, 3, 3, 3.
    Most of the parameters are thus where the frames are few. Self-attention is in the blocks of all
    groups but the first, as in that code: on the 350 steps of 3.5 s there it would add half the
    computing time for 8 192 parameters. Batch normalisation uses the statistics of real frames
    only. Linear layers are initialised by Glorot's uniform distribution, the default of TensorFlow,
    which the paper used; PyTorch's default is smaller and lets less through the three refinements.
    Dropout is not in the paper.

    Parameters for d = 17, C = 4 without words, and in Table 2: S3 9 330 020 (9.11M), S2 9 068 644
    (9.07M), S1 9 236 580 (9.15M), baseline 9 216 740 (9.27M). As in the paper, the LSTMs of the
    smaller systems are widened until the totals agree: 512 units in S1, 856 in the baseline.

    Args:
        dimension: d, features of a frame.
        classes: C.
        system: system of Table 2: "baseline", two LSTM layers on the frames; "s1", residual
            convolutions and two LSTM layers; "s2", with self-attention; "s3", with GCA-LSTM.
        iterations: I, refinements of the global context; "s3" only.
        dropout: probability in the residual blocks and after each dense layer.
        word_dimension: dimension of the word vectors; 0 for no lexical branch.

    Raises:
        EdgeSerError: ``system`` is none of these.
    """

    name: ClassVar[str] = "rlc"
    title: ClassVar[str] = "RLC"
    features: ClassVar[str] = "rlc-lld"

    def __init__(
        self,
        dimension: int,
        classes: int,
        *,
        system: str = "s3",
        iterations: int = 3,
        dropout: float = 0.2,
        word_dimension: int = 0,
    ) -> None:
        super().__init__()
        if system not in UNITS:
            raise EdgeSerError(f"RLC has no system {system!r}; there are {', '.join(UNITS)}")
        units, width = UNITS[system], dimension
        self.convolutions: ResidualNetwork | None = None
        if system != "baseline":
            self.convolutions = ResidualNetwork(dimension, system != "s1", dropout)
            width = WIDTHS[-1]
        self.encoder = (
            GCALSTM(width, units, iterations) if system == "s3" else StackedLSTM(width, units, 2)
        )
        self.lexical = StackedLSTM(word_dimension, DENSE, 1) if word_dimension else None
        sizes = (units + DENSE if word_dimension else units, DENSE, DENSE, DENSE)
        dense = [
            nn.Sequential(nn.Linear(into, out), nn.ReLU(), nn.Dropout(dropout))
            for into, out in itertools.pairwise(sizes)
        ]
        self.classifier = nn.Sequential(*dense, nn.Linear(DENSE, classes))
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)

    def forward(
        self,
        x: Tensor,
        mask: Tensor,
        words: Tensor | None = None,
        word_mask: Tensor | None = None,
    ) -> Tensor:
        """Compute the logits of a batch of windows.

        Args:
            x: (B, N, d) normalised frames; padding, at the end, may hold any finite value.
            mask: (B, N), 1 for a frame, 0 for padding; at least one frame each.
            words: (B, K, word_dimension) word vectors, if the network has a lexical branch.
            word_mask: (B, K); all zero for a clip without a transcript, which is then represented
                by zeros.

        Returns:
            (B, C) logits.

        Raises:
            ValueError: words are given to a network without a lexical branch, or missing.
        """
        steps = mask
        if self.convolutions is not None:
            x, steps = self.convolutions(x, mask)
        representation = self.encoder(x, steps)
        if self.lexical is not None and words is not None and word_mask is not None:
            said = self.lexical(words, word_mask)
            representation = torch.cat([representation, said], dim=-1)
        elif self.lexical is not None or words is not None:
            raise ValueError("words and their mask go with word_dimension > 0, and only with it")
        return self.classifier(representation)

    def explain(self, *inputs: Tensor) -> dict[str, Tensor]:
        """Compute attention and informativeness (Fig. 5); arguments as for ``forward``.

        Returns:
            As far as the system has them: ``attention`` (B, 4, T, T) of the heads of the last
            residual block, one row per query; ``informativeness`` (B, I, T), from 0 to 1, of each
            refinement. T = ceil(N / 32); step t is centred on frame 32 t.
        """
        seen: dict[str, Tensor] = {}
        scores: list[Tensor] = []
        hooks = [
            module.register_forward_hook(
                lambda module, given, _: seen.update(attention=module.weights(*given))
            )
            for module in [m for m in self.modules() if isinstance(m, SelfAttention)][-1:]
        ]
        hooks += [
            module.register_forward_hook(lambda _, __, score: scores.append(score))
            for module in self.modules()
            if isinstance(module, Informativeness)
        ]
        try:
            with torch.no_grad():
                self(*inputs)
        finally:
            for hook in hooks:
                hook.remove()
        return seen | ({"informativeness": torch.stack(scores, dim=1)} if scores else {})
