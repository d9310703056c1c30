"""Structured pruning: removal of whole hidden units, followed by fine-tuning."""

from __future__ import annotations

import copy
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import nn

from edge_ser.errors import EdgeSerError
from export.signature import Signature
from train.config import Candidate, Config
from train.learning.folds import fit_final, fold_seed
from train.learning.trained import Trained
from train.models import MODELS, count_parameters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from train.learning.data import Data
    from train.protocol import Speaker
    from train.runs import Run

EPOCHS = 10
RATE = 0.3
"""Factor of the recipe's learning rate; it falls to zero by a cosine schedule."""


def prune(run: Run, data: Data, fold: int | None, fraction: float) -> Trained:
    """Prune ``fraction`` of the hidden units of a fold's network, or of the final one for None.

    The network is fine-tuned only on the speakers that it was trained on.

    Args:
        run: the run; its system must be CoGCN or TGCN.
        data: the clips in every variant that training draws from.
        fold: number of the fold.
        fraction: fraction of the units, 0 to 0.9; 0 leaves the network as it is.

    Raises:
        EdgeSerError: the system cannot be pruned.
    """
    trained = run.load(fold)
    if not fraction:
        return trained
    if fold is None:
        return shrink(run.config, data, run.speakers, trained, fraction, seed=run.seed)
    split = run.splits[fold]
    known = (*split.train, *split.validation) if run.config.refit else split.train
    return shrink(run.config, data, known, trained, fraction, seed=fold_seed(run.seed, fold))


def shrink(
    config: Config,
    data: Data,
    speakers: Sequence[Speaker],
    trained: Trained,
    fraction: float,
    *,
    seed: int,
) -> Trained:
    """Prune any network and fine-tune it on ``speakers``, see :func:`prune`."""
    if not MODELS[config.model].prunable:
        able = " and ".join(name for name, network in MODELS.items() if network.prunable)
        raise EdgeSerError(
            f"{config.model} cannot be pruned: torch-pruning follows neither recurrent layers nor "
            f"reshaped channels; {able} can be"
        )
    signature = Signature.of(config)
    smaller = without_units(trained.model, signature, fraction)
    hidden = smaller.get_submodule("output").in_features
    candidate = Candidate(
        gamma=trained.candidate.gamma, network={**trained.candidate.network, "hidden": hidden}
    )
    gentle = replace(config, learning_rate=RATE * config.learning_rate, schedule="cosine")
    fitted, normalisation = fit_final(
        gentle,
        data,
        speakers,
        candidate,
        EPOCHS,
        seed=seed,
        device="auto",
        start=smaller.state_dict(),
    )
    return Trained.of(config, fitted, normalisation)


def without_units(model: nn.Module, signature: Signature, fraction: float) -> nn.Module:
    """Copy the model without the units with the smallest weights over all layers that share them.

    A skip connection ties a unit of one layer to the same unit of all others: torch-pruning finds
    these groups by following the gradients, and ranks them by the L2 norm of their weights.
    """
    import torch_pruning

    smaller = copy.deepcopy(model).cpu().train(False)
    for parameter in smaller.parameters():
        parameter.requires_grad_(True)
    with warnings.catch_warnings(), torch.enable_grad():
        warnings.simplefilter("ignore")
        torch_pruning.pruner.MagnitudePruner(
            smaller,
            signature.example(),
            importance=torch_pruning.importance.GroupMagnitudeImportance(p=2),
            pruning_ratio=fraction,
            ignored_layers=[smaller.get_submodule("output")],
        ).step()
    assert count_parameters(smaller) < count_parameters(model)
    return smaller
