"""Damage to the files of a bundle, as by bit rot, a broken download or an attacker."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

NASTY: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    10**30,
    -1e308,
    1e308,
    float("nan"),
    float("inf"),
    "",
    "../../etc/passwd",
    "x" * 10_000,
    "\x00",
    "line\nbreak",
    [],
    [[]],
    {},
    [1] * 10_000,
)
"""Invalid values for a card, by mistake or malice."""


def damage(name: str, content: bytes, random: Random) -> bytes:
    """Return the content of the file ``name`` with random damage."""
    ways = [*_BYTES, *_BYTES, *_OF.get(name.rpartition(".")[2], ())]
    damaged = content
    while damaged == content:  # some kinds of damage may change nothing
        damaged = random.choice(ways)(content, random)
    return damaged


def _flip(content: bytes, random: Random) -> bytes:
    damaged = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 8, 64))):
        damaged[random.randrange(len(damaged))] ^= 1 << random.randrange(8)
    return bytes(damaged)


def _overwrite(content: bytes, random: Random) -> bytes:
    begin, length = random.randrange(len(content)), random.choice((1, 4, 8, 100, 5000))
    filling = random.choice((b"\x00", b"\xff", bytes([random.randrange(256)]))) * length
    return content[:begin] + filling[: len(content) - begin] + content[begin + length :]


def _early(content: bytes, random: Random) -> bytes:
    """Flip bits in the first kilobyte, the headers, where a byte matters most."""
    head = _flip(content[:1024], random)
    return head + content[1024:]


def _cut(content: bytes, random: Random) -> bytes:
    return content[: random.choice((0, 1, random.randrange(len(content)), len(content) - 1))]


def _insert(content: bytes, random: Random) -> bytes:
    place = random.randrange(len(content))
    return content[:place] + random.randbytes(random.choice((1, 3, 100))) + content[place:]


def _move(content: bytes, random: Random) -> bytes:
    a, b = sorted(random.randrange(len(content)) for _ in range(2))
    return content[:a] + content[b:] + content[a:b]


def _rubbish(content: bytes, random: Random) -> bytes:
    return random.randbytes(random.choice((0, 10, len(content))))


def _card(content: bytes, random: Random) -> bytes:
    """Replace or remove a value of the card, or nest it too deeply."""
    card = json.loads(content)
    place, key = card, random.choice(list(card))
    while random.random() < 0.7 and isinstance(place[key], dict | list) and place[key]:
        place = place[key]
        key = random.choice(list(place) if isinstance(place, dict) else range(len(place)))
    way = random.random()
    if way < 0.15:
        del place[key]
    elif way < 0.2:
        text = json.dumps(card)
        return (text[:-1] + ', "deep": ' + "[" * 100_000 + "]" * 100_000 + "}").encode()
    else:
        place[key] = random.choice(NASTY)
    return json.dumps(card).encode()


def _arrays(content: bytes, random: Random) -> bytes:
    """Change the shape, type or values of an array, or replace it by 256 MB of zeros."""
    with np.load(io.BytesIO(content)) as archive:
        arrays: dict[str, Any] = {name: archive[name] for name in archive.files}
    name = random.choice(list(arrays))
    array = arrays[name]
    ways: tuple[Callable[[], Any], ...] = (
        lambda: array.astype(np.float64),
        lambda: array.T,
        lambda: array[..., None],
        lambda: array[:0],
        lambda: np.full(array.shape, np.nan, np.float32),
        lambda: np.full(array.shape, 1e38, np.float32),
        lambda: array.astype(object),
        lambda: array.astype("U5"),
        lambda: np.zeros((1 << 28,), np.int8),
    )
    changed = random.choice(ways)()
    new = {k: v for k, v in arrays.items() if k != name}
    new[random.choice((name, name, "other.weight", "../up"))] = changed
    made = io.BytesIO()
    np.savez_compressed(made, **new)
    return made.getvalue()


def _header(content: bytes, random: Random) -> bytes:
    """Change the shape in an array's header, so that it does not match the data."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w") as new:
        chosen = random.choice(old.namelist())
        for name in old.namelist():
            data = old.read(name)
            if name == chosen:
                shape = random.choice((b"(999999999,)", b"(-1, 88)", b"(84, 1e99)", b"()"))
                begin, end = data.index(b"'shape': ") + 9, data.index(b"), }") + 1
                data = data[:begin] + shape.ljust(end - begin)[: end - begin] + data[end:]
            new.writestr(name, data)
    return made.getvalue()


def _operators(content: bytes, random: Random) -> bytes:
    """Change an operator, tensor or edge of an ONNX graph, or add a huge tensor or endless loop."""
    model = onnx.load_from_string(content)
    graph = model.graph
    node, tensor = random.choice(graph.node), random.choice(graph.initializer)
    way = random.randrange(7)
    if way == 0:
        node.op_type = random.choice(("Loop", "Reshape", "Gather", "Conv", "Tile", "NoSuch"))
    elif way == 1:
        tensor.dims[:] = random.choice(([], [0], [-1], [1 << 40], [1 << 20, 1 << 20], [3, 5]))
    elif way == 2:
        tensor.data_location = TensorProto.EXTERNAL
        entry = tensor.external_data.add()
        entry.key, entry.value = "location", random.choice(("x", "/etc/passwd", "../x"))
    elif way == 3 and node.input:
        place = random.randrange(len(node.input))
        node.input[place] = random.choice([n for other in graph.node for n in other.output])
    elif way == 4:
        tensor.data_type = random.choice(
            (TensorProto.INT64, TensorProto.STRING, TensorProto.FLOAT16, 99)
        )
    elif way == 5:
        shape = random.choice(([0, 0], [1 << 31], [-1, -1], [1 << 20, 1 << 12]))
        graph.initializer.append(helper.make_tensor("s", TensorProto.INT64, [len(shape)], shape))
        graph.node.insert(0, helper.make_node("ConstantOfShape", ["s"], ["huge"]))
        graph.node.insert(1, helper.make_node("ReduceSum", ["huge"], ["sum"]))
        graph.node[-1].input[0] = "sum"
    else:
        graph.node.append(endless(graph.node[-1].output[0]))
        graph.output[0].name = "endless"
    return bytes(model.SerializeToString())


def endless(value: str) -> Any:
    """Make a loop that never ends."""
    float_, bool_ = TensorProto.FLOAT, TensorProto.BOOL
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["on"]),
            helper.make_node("Add", ["v", "v"], ["w"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", bool_, []),
            helper.make_tensor_value_info("v", float_, None),
        ],
        [
            helper.make_tensor_value_info("on", bool_, []),
            helper.make_tensor_value_info("w", float_, None),
        ],
    )
    return helper.make_node("Loop", ["", "", value], ["endless"], body=body)


_BYTES = (_flip, _flip, _early, _overwrite, _cut, _insert, _move, _rubbish)
_OF = {
    "json": (_card,) * 8,
    "npz": (_arrays, _arrays, _arrays, _header),
    "onnx": (_operators,) * 8,
}
