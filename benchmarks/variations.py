"""What is changed in the recipes of the bundled models, see :mod:`benchmarks.recipe`."""

from __future__ import annotations

from train.conditions.channel import EFFECTS

CONFIGS = {"cogcn": "cogcn-edge", "cogcn-whisper": "cogcn-whisper"}
"""Model to the file with its recipe in ``train/configs``."""
UNITS = {f"{units} units in the encoder": units for units in (768, 384)}
"""Change to the hidden units in a layer of the encoder that EDGE_SER_WHISPER names, the output of
``edge-ser-train prune-encoder``."""
WHOLE = 1536
"""Hidden units in the encoder of all other changes."""
_EGEMAPS: dict[str, list[str]] = {
    "as shipped": [],
    "one channel": ["channels=1"],
    "two channels": ["channels=2"],
    "no channels": ["channels=0", "consistency=0"],
    "one channel: level": ["channels=1", "effects=level"],
    "one channel: noise": ["channels=1", "effects=noise"],
    "one channel: rooms": ["channels=1", "effects=room"],
    "one channel: bands": ["channels=1", "effects=band"],
    "one channel: equaliser": ["channels=1", "effects=equaliser"],
    "one channel: clipping": ["channels=1", "effects=clipping"],
    "one channel: codec": ["channels=1", "effects=codec"],
    "one channel: speed": ["channels=1", "effects=speed"],
    "one channel: all 88 functionals": ["channels=1", "features=egemaps-88@500/100"],
    "white noise and level only": ["channels=0", "augment=2"],
    "no contexts": ["voice_prior=0"],
    "prior of 30 nodes": ["voice_prior=30"],
    "prior of 300 nodes": ["voice_prior=300"],
    "no label smoothing": ["smoothing=0"],
    "less label smoothing": ["smoothing=0.1"],
    "no consistency": ["consistency=0"],
    "more consistency": ["consistency=12"],
    "corpora not balanced": ["balance=none"],
    "gamma 0.3": ["gamma=0.3"],
    "gamma 0.7": ["gamma=0.7"],
    "dropout 0.3": ["dropout=0.3"],
    "half as many epochs": ["epochs=8"],
    "twice as many epochs": ["epochs=30"],
    "crowd votes": ["votes=0.4"],
    "parts of windows, a prior of 30 nodes": ["crop=0.5", "voice_prior=30"],
    "the same, noise on nodes": ["crop=0.5", "voice_prior=30", "noise=0.5"],
    "taught by cogcn-whisper": ["votes=0.5"],
    "taught, weight 1": ["votes=1.0"],
    "taught, temperature 2": ["votes=0.5"],
}
_WHISPER: dict[str, list[str]] = {
    "as shipped": [],
    "one channel": ["channels=1"],
    "one channel, no simulated rooms": ["channels=1", f"effects={','.join(EFFECTS)}"],
    "one layer": ["features=whisper-tiny.en-1"],
    "no channels": ["channels=0", "consistency=0"],
    "no consistency": ["consistency=0"],
    "no contexts": ["voice_prior=0"],
    "prior of 100 nodes": ["voice_prior=100"],
    "whole windows": ["crop=1"],
    "no noise on nodes": ["noise=0"],
    "none of these three": ["voice_prior=100", "crop=1", "noise=0"],
    "crowd votes": ["votes=0.4"],
    "no label smoothing": ["smoothing=0"],
    "no edges": ["gamma=1.0"],
    "gamma 0.3": ["gamma=0.3"],
    "one graph layer": ["layers=1"],
    "half as wide": ["hidden=30"],
    "twice as wide": ["hidden=120"],
    "dropout 0.3": ["dropout=0.3"],
    "half as many epochs": ["epochs=8"],
    "twice as many epochs": ["epochs=30"],
    **{name: [] for name in UNITS},
}
UNCHANGED = ("voice_offset=0",)
"""Of the networks that are compared: the offset of enrolment would hide by how much one is off."""
VARIATIONS = {"cogcn": _EGEMAPS, "cogcn-whisper": _WHISPER}
"""Model to what is changed: settings of its recipe."""
TEACHER = "cogcn-whisper"
"""Model whose soft labels take the place of listeners' votes."""
TEMPERATURES = {
    "taught by cogcn-whisper": 1.0,
    "taught, weight 1": 1.0,
    "taught, temperature 2": 2.0,
}
"""Change to the temperature of the teacher."""
