"""CoGCN: Kim et al., "CoGCN: cosine similarity-based graph convolutional network", eq. (3)-(7)."""

from __future__ import annotations

import itertools
from typing import ClassVar

from torch import Tensor, nn

from train.models.network import Network, masked_mean


class CoGCN(Network):
    r"""Graph convolutions over the nodes of a window, mean readout and a linear classifier.

    .. math::
        h_i^{(0)} &= ReLU(W_p x_i + b_p) & (3) \\
        h'^{(k+1)}_i &= ReLU(W_e^{(k)} \sum_j \hat A_{ij} h_j^{(k)}) & (4) \\
        h_i^{(k+1)} &= h'^{(k+1)}_i + h_i^{(k)} & (5) \\
        h_G &= mean_i h_i^{(K)} & (6) \\
        \hat y_G &= softmax(W_o h_G + b_o) & (7)

    with :math:`\hat A = \hat D^{-1/2} (A + I) \hat D^{-1/2}` of :mod:`edge_ser.graph`. The softmax
    is left to the loss and to the caller. Dropout follows the readout. On the temporal graph the
    network is :class:`TGCN`.

    Parameters for d = 88, z = 128, C = 4: 44 676 (K = 2), 61 060 (K = 3), 77 444 (K = 4), and
    44 548 for K = 3 without the pre-processing layer, the paper's "45K". Its "56K" for the whole
    model is 44 548 plus the 11 392 of the pre-processing layer, which no K gives by (3)-(7) as
    printed, where the first convolution also maps z to z. The equations are implemented.

    Args:
        dimension: d, features of a node.
        classes: C.
        layers: K, number of graph convolutions.
        hidden: z, units.
        skip: equation (5); without it h^(k+1) = h'^(k+1). Without the pre-processing layer the
            first convolution has no skip, since it maps d to z.
        preprocess: equation (3); without it h^(0) = x and the first convolution maps d to z.
        dropout: probability after the readout.
    """

    name: ClassVar[str] = "cogcn"
    title: ClassVar[str] = "CoGCN"
    features: ClassVar[str] = "egemaps-88"
    graph: ClassVar[bool] = True
    variable_length: ClassVar[bool] = True
    numpy_form: ClassVar[bool] = True
    prunable: ClassVar[bool] = True

    def __init__(
        self,
        dimension: int,
        classes: int,
        *,
        layers: int = 2,
        hidden: int = 128,
        skip: bool = True,
        preprocess: bool = True,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.skip = skip
        self.preprocess = nn.Linear(dimension, hidden) if preprocess else None
        widths = [hidden if preprocess else dimension] + [hidden] * layers
        self.convolutions = nn.ModuleList(
            nn.Linear(into, out, bias=False) for into, out in itertools.pairwise(widths)
        )
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden, classes)

    def forward(self, x: Tensor, a_hat: Tensor, mask: Tensor) -> Tensor:
        """Compute (B, C) logits of a batch of graphs, see :class:`train.models.network.Network`."""
        h = x if self.preprocess is None else self.preprocess(x).relu()
        for k, convolution in enumerate(self.convolutions):
            update = convolution(a_hat @ h).relu()
            h = update + h if self.skip and (k > 0 or self.preprocess is not None) else update
        return self.output(self.dropout(masked_mean(h, mask)))


class TGCN(CoGCN):
    """CoGCN on the temporal graph, where each node is connected to its neighbours in time."""

    name: ClassVar[str] = "tgcn"
    title: ClassVar[str] = "TGCN"
