"""GLAM: Zhu and Li 2022, sections 3.1 and 3.2.

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

    The convolution has no bias: the normalisation would take it out again.

    Args:
        into: input channels.
        out: output channels.
        kernel: frames and features it spans, both odd.
    """

    def __init__(self, into: int, out: int, kernel: tuple[int, int]) -> None:
        convolution = nn.Conv2d(into, out, kernel, padding="same", bias=False)
        # in place: an eighth less time on a CPU, whose memory is what these wait for
        super().__init__(convolution, nn.BatchNorm2d(out), nn.ReLU(inplace=True))


class MultiScale(nn.Module):
    """Two convolutions side by side: 1x3 along the features, 3x1 along the frames.

    Args:
        into: input channels.
        axis: of the tensor (B, channels, frames, features) where both outputs, 16 channels each,
            are joined: 3 along the features ("spatially"), 1 along the channels.
    """

    def __init__(self, into: int, axis: int) -> None:
        super().__init__()
        self.axis = axis
        self.spatial = Convolution(into, SCALE_CHANNELS, (1, 3))
        self.temporal = Convolution(into, SCALE_CHANNELS, (3, 1))

    def forward(self, image: Tensor) -> Tensor:
        """From (B, into, L, d) to (B, 16, L, 2 d) or (B, 32, L, d)."""
        return torch.cat([self.spatial(image), self.temporal(image)], dim=self.axis)


class GatedMLP(nn.Module):
    r"""The global-aware block: gMLP (Liu et al. 2021), the channels being its sequence.

    .. math::
        [U; V] &= GELU(W_1 LN(X)) \\
        Y &= X + W_2 (U \circ (W_s LN(V) + b_s))

    :math:`W_1` maps d_f to 4 d_f, split into U and V; :math:`W_s` mixes the C channels, a
    convolution of kernel 1 that keeps their number; :math:`W_2` maps 2 d_f to d_f. Both layer
    normalisations, the shortcut, and :math:`W_s \approx 0`, :math:`b_s = 1` at the start, whereby
    the gate is open, are Liu et al.'s; the text does not mention them.

    Args:
        channels: C.
        size: d_f, numbers of one channel.
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
        """From (B, C, d_f) to (B, C, d_f)."""
        u, v = nn.functional.gelu(self.expand(self.norm(x))).chunk(2, dim=-1)
        return x + self.contract(u * self.gate(self.gate_norm(v)))


class Attention(nn.Module):
    """Self-attention among the d_f positions, 4 heads of 64, in the block's place (Table 2).

    The paper cites Xu et al. 2020 for it, whose heads multiply element by element; here they are
    those of Vaswani et al. 2017. The heads are concatenated, without an output projection.

    Args:
        channels: C, features of a position.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.project = nn.Linear(channels, 3 * HEADS * HEAD_SIZE, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """From (B, C, d_f) to (B, 256, d_f)."""
        heads = self.project(x.transpose(1, 2)).unflatten(-1, (3, HEADS, HEAD_SIZE))
        q, k, v = heads.permute(2, 0, 3, 1, 4).unbind(0)
        attended = nn.functional.scaled_dot_product_attention(q, k, v)
        return attended.transpose(2, 3).flatten(1, 2)


class GLAM(Network):
    """Multi-scale convolutions over a 2 s image of MFCCs, one global-aware block, a classifier.

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

    Every convolution is followed by batch normalisation and ReLU. The rows of the image are
    frames, so that 1x3 spans features and 3x1 time, as the paper names them. Where it is silent:
    2x2 max-pooling follows the second and the third block, as in the authors' code, without which
    d_f would be sixteen times larger; the last convolution has 32 channels. Their code differs from
    their text: 3x3 and 5x5 kernels with shortcuts, channels that double in each block. The text
    is what is implemented.

    Parameters for d = 40, L = 62, C = 4: 616 456; with attention in the global-aware block's place
    365 476, without either 72 100; with plain convolutions 205 982. The paper gives no count.

    A shorter input is padded with zeros, the mean of a normalised feature, up to L, so the
    network always sees the same image however far its batch was padded: the batch
    normalisation counts those zeros, like the silence that they stand for, and nothing else.

    Args:
        dimension: d, MFCCs of a frame; at least 4.
        classes: logits.
        frames: L, at least 4.
        multiscale: without it plain 3x3 convolutions of as many channels; the first has no two
            outputs to join in space, so d_f is halved.
        fusion: "gmlp", "attention" or "none".

    Raises:
        EdgeSerError: ``fusion`` is none of these.
    """

    name: ClassVar[str] = "glam"
    title: ClassVar[str] = "GLAM"
    # the paper says "MFCCs"; the authors' code has 26 of them, 63 frames for 2 s
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
        # with so few channels a CPU takes a third less time where they lie side by side
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
        """Logits of a batch of segments.

        Args:
            x: (B, N, d) normalised frames, N at most L; padding may hold anything finite.
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
