"""Recurrent layers in forms that the converters support: ONNX operators or unrolled steps."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch._higher_order_ops.scan import scan
from torch.onnx import ops

from train.models.gca_lstm import InformedLSTM
from train.models.network import BidirectionalGRU

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_ONNX_VERSION = 14
"""Operator version of ONNX's GRU and LSTM."""


def for_onnx(model: nn.Module) -> nn.Module:
    """Copy the model with recurrent layers that take sequences of any length.

    PyTorch's exporter would fix the length of the example input, or unroll the layers.
    """
    return _replaced(
        model,
        {
            BidirectionalGRU: lambda layer: _Bidirectional(
                _OnnxGRU(layer.ahead, "forward"), _OnnxGRU(layer.back, "reverse")
            ),
            nn.LSTM: _OnnxLSTM,
            InformedLSTM: _ScannedLSTM,
        },
    )


def unrolled(model: nn.Module) -> nn.Module:
    """Copy the model with its recurrent layers unrolled into plain steps, for a fixed length.

    TFLite has no GRU, and its converter takes twice as long for PyTorch's layer.
    """
    return _replaced(
        model,
        {
            BidirectionalGRU: lambda layer: _UnrolledPair(
                _UnrolledGRU(layer.ahead), _UnrolledGRU(layer.back)
            ),
            nn.LSTM: _UnrolledLSTM,
        },
    )


def _replaced(
    model: nn.Module, new: dict[type[nn.Module], Callable[[Any], nn.Module]]
) -> nn.Module:
    made = copy.deepcopy(model)
    for name, module in list(made.named_modules()):
        if (make := new.get(type(module))) and name:
            parent, _, child = name.rpartition(".")
            setattr(made.get_submodule(parent), child, make(module).eval())
    return made


class _Bidirectional(nn.Module):
    """A pair of directions that take the length of each sequence."""

    def __init__(self, ahead: nn.Module, back: nn.Module) -> None:
        super().__init__()
        self.ahead, self.back = ahead, back

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        lengths = mask.sum(dim=1).to(torch.int32)
        return self.ahead(x, lengths), self.back(x, lengths)


class _OnnxGRU(nn.Module):
    """ONNX's GRU in one direction; gives zeros after the end of a sequence."""

    def __init__(self, gru: nn.GRU, direction: str) -> None:
        super().__init__()
        self.hidden, self.direction = gru.hidden_size, direction
        # PyTorch orders the gates reset, update, new; ONNX update, reset, new
        self.tensors = nn.ParameterList(_parameters(gru, 0, [1, 0, 2]))

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        y = ops.symbolic(
            "GRU",
            (x.transpose(0, 1), *self.tensors, lengths),
            {"direction": self.direction, "hidden_size": self.hidden, "linear_before_reset": 1},
            dtype=x.dtype,
            shape=(x.shape[1], 1, x.shape[0], self.hidden),
            version=_ONNX_VERSION,
        )
        return y.squeeze(1).transpose(0, 1)


class _OnnxLSTM(nn.Module):
    """ONNX's LSTM, layer by layer; returns only the outputs, as its callers need."""

    def __init__(self, lstm: nn.LSTM) -> None:
        super().__init__()
        self.hidden = lstm.hidden_size
        # PyTorch orders the gates input, forget, cell, output; ONNX input, output, forget, cell
        order = [0, 3, 1, 2]
        layers = [nn.ParameterList(_parameters(lstm, k, order)) for k in range(lstm.num_layers)]
        self.layers: Iterable[Any] = nn.ModuleList(layers)

    def forward(self, x: Tensor) -> tuple[Tensor]:
        h = x.transpose(0, 1)
        for parameters in self.layers:
            y = ops.symbolic(
                "LSTM",
                (h, *parameters),
                {"hidden_size": self.hidden},
                dtype=x.dtype,
                shape=(x.shape[1], 1, x.shape[0], self.hidden),
                version=_ONNX_VERSION,
            )
            h = y.squeeze(1)
        return (h.transpose(0, 1),)


def _parameters(layer: nn.GRU | nn.LSTM, number: int, order: list[int]) -> list[nn.Parameter]:
    """Return weights (1, G u, d), (1, G u, u) and biases (1, 2 G u), gates in ONNX's order."""

    def ordered(name: str) -> Tensor:
        gates = layer.get_parameter(f"{name}_l{number}").detach().chunk(len(order))
        return torch.cat([gates[place] for place in order])

    bias = torch.cat([ordered("bias_ih"), ordered("bias_hh")])
    tensors = (ordered("weight_ih"), ordered("weight_hh"), bias)
    return [nn.Parameter(t.unsqueeze(0), requires_grad=False) for t in tensors]


class _ScannedLSTM(nn.Module):
    """:class:`InformedLSTM` as a loop in the ONNX graph."""

    def __init__(self, layer: InformedLSTM) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, inputs: Tensor, r: Tensor) -> Tensor:
        def step(state: tuple[Tensor, Tensor], given: tuple[Tensor, Tensor]) -> Any:
            h, c = self.layer.step(*state, *given)
            return (h, c), h.clone()

        start = inputs.new_zeros(len(inputs), inputs.shape[-1] // 4)
        steps = (inputs.transpose(0, 1), r.unsqueeze(-1).transpose(0, 1))
        return scan(step, (start, start.clone()), steps, dim=0)[1].transpose(0, 1)


class _UnrolledPair(nn.Module):
    """A pair of unrolled directions, forward and backward."""

    def __init__(self, ahead: _UnrolledGRU, back: _UnrolledGRU) -> None:
        super().__init__()
        self.ahead, self.back = ahead, back

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        real = mask.unsqueeze(-1).unbind(1)
        return self.ahead(x, real, 1), self.back(x, real, -1)


class _UnrolledGRU(nn.Module):
    """PyTorch's GRU in one direction, step by step."""

    def __init__(self, gru: nn.GRU) -> None:
        super().__init__()
        self.input, self.hidden = _linear(gru, "ih"), _linear(gru, "hh")

    def forward(self, x: Tensor, real: Sequence[Tensor], direction: int) -> Tensor:
        u = self.hidden.in_features
        gates, news = self.input(x).split([2 * u, u], dim=-1)
        h = x.new_zeros(len(x), u)
        steps = list(zip(gates.unbind(1), news.unbind(1), real, strict=True))
        outputs = []
        for gate, new, mask in steps[::direction]:
            recurrent = self.hidden(h)
            reset, update = (gate + recurrent[:, : 2 * u]).sigmoid().chunk(2, dim=-1)
            candidate = (new + reset * recurrent[:, 2 * u :]).tanh()
            # padding, at the end, keeps the state zero, the start of the backward direction
            h = (candidate + update * (h - candidate)) * mask
            outputs.append(h)
        return torch.stack(outputs[::direction], dim=1)


class _UnrolledLSTM(nn.Module):
    """PyTorch's LSTM, layer by layer and step by step; returns only the outputs."""

    def __init__(self, lstm: nn.LSTM) -> None:
        super().__init__()
        self.units = lstm.hidden_size
        self.inputs = nn.ModuleList(_linear(lstm, "ih", k) for k in range(lstm.num_layers))
        self.hiddens = nn.ModuleList(_linear(lstm, "hh", k) for k in range(lstm.num_layers))

    def forward(self, x: Tensor) -> tuple[Tensor]:
        for into, hidden in zip(self.inputs, self.hiddens, strict=True):
            h = c = x.new_zeros(len(x), self.units)
            outputs = []
            for given in into(x).unbind(1):
                i, f, g, o = (given + hidden(h)).chunk(4, dim=-1)
                c = f.sigmoid() * c + i.sigmoid() * g.tanh()
                h = o.sigmoid() * c.tanh()
                outputs.append(h)
            x = torch.stack(outputs, dim=1)
        return (x,)


def _linear(layer: nn.GRU | nn.LSTM, which: str, number: int = 0) -> nn.Linear:
    weight = layer.get_parameter(f"weight_{which}_l{number}")
    linear = nn.Linear(weight.shape[1], weight.shape[0])
    linear.weight, linear.bias = weight, layer.get_parameter(f"bias_{which}_l{number}")
    return linear
