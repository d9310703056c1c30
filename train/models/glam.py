"""GLAM (Zhu and Li 2022, sections 3.1 and 3.2).

"Speech emotion recognition with global-aware fusion on multi-scale feature representation", ICASSP.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from edge_ser.errors import EdgeSerError
from train.models.network import Network

SCALE_CHANNELS = 16
CHANNELS = 2 * SCALE_CHANNELS
HEADS = 4
HEAD_SIZE = 64
FUSIONS = ("gmlp", "attention", "none")


class Convolution(nn.Sequential):
    """A convolution with same padding, batch normalisation and ReLU.

    The convolution has no bias, since the normalisation would cancel it.

    Args:
        into: input channels.
        out: output channels.
        kernel: numbers of frames and features, both odd.
    """

    def __init__(self, into: int, out: int, kernel: tuple[int, int]) -> None:
        convolution = nn.Conv2d(into, out, kernel, padding="same", bias=False)
        # in place: an eighth less time on a CPU, where memory is the bottleneck
        super().__init__(convolution, nn.BatchNorm2d(out), nn.ReLU(inplace=True))


class MultiScale(nn.Module):
    """Two parallel convolutions: 1x3 along the features, 3x1 along the frames.

    Args:
        into: input channels.
        axis: axis of (B, channels, frames, features) along which the outputs, 16 channels each,
            are concatenated: 3 for the features ("spatially"), 1 for the channels.
    """

    def __init__(self, into: int, axis: int) -> None:
        super().__init__()
        self.axis = axis
        self.spatial = Convolution(into, SCALE_CHANNELS, (1, 3))
        self.temporal = Convolution(into, SCALE_CHANNELS, (3, 1))

    def forward(self, image: Tensor) -> Tensor:
        """Map (B, into, L, d) to (B, 16, L, 2 d) or (B, 32, L, d)."""
        return torch.cat([self.spatial(image), self.temporal(image)], dim=self.axis)


class GatedMLP(nn.Module):
    r"""Global-aware block: gMLP (Liu et al. 2021) with the channels as its sequence.

    .. math::
        [U; V] &= GELU(W_1 LN(X)) \\
        Y &= X + W_2 (U \circ (W_s LN(V) + b_s))

    :math:`W_1` maps d_f to 4 d_f, split into U and V; :math:`W_s` mixes the C channels, a
    convolution of kernel 1 that keeps their number; :math:`W_2` maps 2 d_f to d_f. Both layer
    normalisations, the shortcut, and the initial :math:`W_s \approx 0`, :math:`b_s = 1`, which
    opens the gate, are from Liu et al.; the GLAM paper does not mention them.

    Args:
        channels: C.
        size: d_f, values per channel.
    """

    def __init__(self, channels: int, size: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(size)
        self.expand = nn.Linear(size, 4 * size)
        self.gate_norm = nn.LayerNorm(2 * size)
        self.gate = nn.Conv1d(channels, channels, 1)
        self.contract = nn.Linear(2 * size, size)
        nn.init.uniform_(self.gate.weight, -1e-3 / channels, 1e-3 / channels)
        nn.init.ones_(self.gate.get_parameter("bias"))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, d_f) to (B, C, d_f)."""
        u, v = nn.functional.gelu(self.expand(self.norm(x))).chunk(2, dim=-1)
        return x + self.contract(u * self.gate(self.gate_norm(v)))


class Attention(nn.Module):
    """Self-attention among the d_f positions, 4 heads of 64, replacing the block (Table 2).

    The paper cites Xu et al. 2020, whose heads multiply element by element; here the heads are as
    in Vaswani et al. 2017. They are concatenated, without an output projection.

    Args:
        channels: C, features of a position.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.project = nn.Linear(channels, 3 * HEADS * HEAD_SIZE, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, d_f) to (B, 256, d_f)."""
        heads = self.project(x.transpose(1, 2)).unflatten(-1, (3, HEADS, HEAD_SIZE))
        q, k, v = heads.permute(2, 0, 3, 1, 4).unbind(0)
        attended = nn.functional.scaled_dot_product_attention(q, k, v)
        return attended.transpose(2, 3).flatten(1, 2)


class GLAM(Network):
    """Multi-scale convolutions over a 2 s image of MFCCs, a global-aware block and a classifier.

    ==================================  ===================  ==============
    layer                               output               L = 62, d = 40
    ==================================  ===================  ==============
    MFCC                                (1, L, d)            (1, 62, 40)
    multi-scale block, joined in space  (16, L, 2 d)         (16, 62, 80)
    multi-scale block, pooling          (32, L/2, d)         (32, 31, 40)
    multi-scale block, pooling          (32, L/4, d/2)       (32, 15, 20)
    multi-scale block                   (32, L/4, d/2)       (32, 15, 20)
    5x5 convolution                     (32, L/4, d/2)       (32, 15, 20)
    global-aware block                  (C = 32, d_f)        (32, 300)
    linear                              classes              4
    ==================================  ===================  ==============

    Every convolution is followed by batch normalisation and ReLU. The rows of the image are frames,
    so 1x3 spans features and 3x1 spans time, as in the paper. Where it is silent: 2x2 max-pooling
    follows the second and the third block, as in the authors' code, since d_f would otherwise be
    sixteen times larger; the last convolution has 32 channels. The authors' code differs from
    their text: 3x3 and 5x5 kernels with shortcuts, channels that double in each block. The text is
    implemented.

    Parameters for d = 40, L = 62, C = 4: 616 456; with attention instead of the global-aware block
    365 476; with neither 72 100; with plain convolutions 205 982. The paper gives no count.

    A shorter input is padded to L with zeros, the mean of a normalised feature, so that the image
    does not depend on the padding of the batch: the batch normalisation counts these zeros, as it
    would count silence, and no other padding.

    Args:
        dimension: d, MFCCs of a frame; at least 4.
        classes: C.
        frames: L, at least 4.
        multiscale: use multi-scale blocks; otherwise plain 3x3 convolutions with the same numbers
            of channels. The first then has no second output to concatenate, so d_f is halved.
        fusion: "gmlp", "attention" or "none".

    Raises:
        EdgeSerError: ``fusion`` is none of these.
    """

    name: ClassVar[str] = "glam"
    title: ClassVar[str] = "GLAM"
    # the paper says "MFCCs"; the authors' code computes 26, in 63 frames for 2 s
    features: ClassVar[str] = "mfcc-40@64/32"

    def __init__(
        self,
        dimension: int,
        classes: int,
        *,
        frames: int = 62,
        multiscale: bool = True,
        fusion: str = "gmlp",
    ) -> None:
        super().__init__()
        if fusion not in FUSIONS:
            raise EdgeSerError(f"GLAM has no fusion {fusion!r}; there are {', '.join(FUSIONS)}")
        self.frames = frames
        first: nn.Module
        rest: list[nn.Module]
        inputs = (SCALE_CHANNELS, CHANNELS, CHANNELS)
        if multiscale:
            first = MultiScale(1, axis=3)
            rest = [MultiScale(into, axis=1) for into in inputs]
        else:
            first = Convolution(1, SCALE_CHANNELS, (3, 3))
            rest = [Convolution(into, CHANNELS, (3, 3)) for into in inputs]
        last = Convolution(CHANNELS, CHANNELS, (5, 5))
        self.convolutions = nn.Sequential(
            first, rest[0], nn.MaxPool2d(2), rest[1], nn.MaxPool2d(2), rest[2], last
        )
        # with so few channels, channels-last takes a third less time on a CPU
        self.convolutions.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        size = (frames // 4) * ((2 if multiscale else 1) * dimension // 4)
        channels = HEADS * HEAD_SIZE if fusion == "attention" else CHANNELS
        self.fusion: nn.Module = nn.Identity()
        if fusion == "gmlp":
            self.fusion = GatedMLP(CHANNELS, size)
        elif fusion == "attention":
            self.fusion = Attention(CHANNELS)
        self.output = nn.Linear(channels * size, classes)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Compute the logits of a batch of windows.

        Args:
            x: (B, N, d) normalised frames, N at most L; padding may hold any finite value.
            mask: (B, N), 1 for a frame, 0 for padding.

        Returns:
            (B, C) logits.

        Raises:
            ValueError: N is larger than L.
        """
        if x.shape[1] > self.frames:
            raise ValueError(f"{x.shape[1]} frames; the network was made for {self.frames}")
        image = nn.functional.pad(x * mask.unsqueeze(-1), (0, 0, 0, self.frames - x.shape[1]))
        channels = self.convolutions(image.unsqueeze(1)).flatten(2)
        return self.output(self.fusion(channels).flatten(1))
