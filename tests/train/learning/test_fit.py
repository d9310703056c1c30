from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from gensim.models import KeyedVectors

from edge_ser.errors import EdgeSerError
from edge_ser.events import LABELS
from edge_ser.features import feature_set
from edge_ser.nodes import Nodes
from tests.made_up import SPEC, made_up, rows_of, settings
from train import config
from train.config import Config
from train.corpora import Row
from train.features.cache import Cache
from train.features.words import look_up
from train.learning.data import Clips, Data, Table
from train.learning.epoch import jensen_shannon, mix, part_of, schedule, soft_targets
from train.learning.executor import Executor
from train.learning.fit import choose_device, fit
from train.learning.folds import Task, fit_final, fit_folds
from train.learning.scoring import Subset, compute_logits
from train.learning.trained import Trained, build_model, make_subset
from train.learning.windows import batches
from train.models import rlc
from train.pipeline import load_data
from train.protocol import splits

CPU = torch.device("cpu")


def test_learns_sixteen_real_clips_by_heart(cache: Cache, some_rows: list[Row]) -> None:
    rows = [r for e in LABELS for r in [s for s in some_rows if s.emotion == e][:4]]
    assert len(rows) == 16
    chosen = settings("hidden=128", "epochs=80", "learning_rate=3e-3")
    data = load_data(chosen, rows, ["clean"], cache)
    speakers = sorted({(row.corpus, row.speaker) for row in rows})
    (candidate,) = chosen.candidates()
    fitted, normalisation = fit_final(chosen, data, speakers, candidate, 80, seed=0, device="cpu")
    trained = Trained.of(chosen, fitted, normalisation)
    everyone = np.arange(16)
    predictions = trained.predict(data, everyone)
    np.testing.assert_array_equal(predictions, data.table.labels)


@pytest.mark.parametrize("normalisation", ["cold", "speaker"])
@pytest.mark.parametrize("balance", ["none", "corpora"])
def test_folds_generalise_to_other_speakers(normalisation: str, balance: str) -> None:
    rows = rows_of(10, clips=16)
    data = Data(Table.of(rows), {"clean": made_up(rows)})
    chosen = settings(f"normalisation={normalisation}", f"balance={balance}", "layers=1,2")
    made = splits(rows)
    for place, choice in fit_folds([Task(chosen, data, made[1], 0)], Executor("cpu")):
        assert place == 0
        assert len(choice.tried) == 2
        assert choice.fitted.validation_ua == max(f.validation_ua for f in choice.tried)
        test = data.table.rows_of(made[1].test)
        trained = Trained.of(chosen, choice.fitted, choice.normalisation)
        predictions = trained.predict(data, test)
        assert np.mean(predictions == data.table.labels[test]) >= 0.75


def test_nothing_is_learnt_from_corpora_that_are_only_tested() -> None:
    rows = [*rows_of(3), *(replace(row, corpus="b") for row in rows_of(4))]
    data = Data(Table.of(rows), {"clean": made_up(rows)})
    own = [("c", str(number)) for number in range(3)]
    everyone = [*own, *(("b", str(number)) for number in range(4))]
    chosen = settings("tested_only=b")
    (candidate,) = chosen.candidates()
    less, alone = (
        fit_final(config, data, speakers, candidate, 2, seed=0, device="cpu")
        for config, speakers in ((chosen, everyone), (settings(), own))
    )
    for name, weight in alone[0].state.items():
        assert torch.equal(less[0].state[name], weight)
    with pytest.raises(EdgeSerError, match="nothing to learn from"):
        fit_final(chosen, data, everyone[3:], candidate, 2, seed=0, device="cpu")


def test_protocols_without_validation_keep_the_last_epoch() -> None:
    rows = rows_of(5)
    data = Data(Table.of(rows), {"clean": made_up(rows)})
    split = splits(rows, "80-20")[0]
    ((_, choice),) = fit_folds([Task(settings(), data, split, 0)], Executor("cpu"))
    assert (choice.fitted.epochs, choice.fitted.validation) == (6, {})
    assert [epoch.validation_ua for epoch in choice.fitted.history] == [None] * 6
    several = Task(settings("layers=1,2"), data, split, 0)
    with pytest.raises(EdgeSerError, match="nobody validates in this protocol"):
        list(fit_folds([several], Executor("cpu")))


def test_words_are_heard_where_the_voice_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a small RLC learns it too
    for name, value in {"WIDTHS": (8, 16, 32, 32, 32), "DENSE": 32}.items():
        monkeypatch.setattr(rlc, name, value)
    monkeypatch.setitem(rlc.UNITS, "s3", 32)
    texts = {"angry": "go away", "happy": "what joy", "neutral": "it rains", "sad": "all alone"}
    rows = [replace(row, text=texts[row.emotion]) for row in rows_of(5, clips=16)]
    random = np.random.default_rng(0)
    noise = [
        Nodes(random.standard_normal((40, 17)).astype(np.float32), [(0.0, 0.2)], [40]) for _ in rows
    ]
    vectors = KeyedVectors(4)
    known = sorted({word for text in texts.values() for word in text.split()})
    vectors.add_vectors(known, random.standard_normal((len(known), 4)).astype(np.float32))
    file = tmp_path / "vectors.txt"
    vectors.save_word2vec_format(str(file))
    changes = [f"words={file}", "word_dimension=4", "epochs=12", "batch=8"]
    chosen = config.load("rlc", changes=[*changes, "dropout=0.0"])
    clips = {"clean": Clips.of(noise, feature_set("rlc-lld"))}
    data = Data(Table.of(rows), clips, look_up(rows, file))
    split = splits(rows)[0]
    ((_, choice),) = fit_folds([Task(chosen, data, split, 0)], Executor("cpu"))
    trained = Trained.of(chosen, choice.fitted, choice.normalisation)
    test = data.table.rows_of(split.test)
    assert (trained.predict(data, test) == data.table.labels[test]).mean() >= 0.75


def test_a_share_of_the_training_clips() -> None:
    rows = rows_of(5)
    data = Data(Table.of(rows), {"clean": made_up(rows)})
    split = splits(rows)[0]
    found = {}
    for share in ("0.5", "1.0"):
        task = Task(settings(f"share={share}", "epochs=1"), data, split, 0)
        ((_, choice),) = fit_folds([task], Executor("cpu"))
        assert choice.normalisation is not None
        found[share] = choice.normalisation.mean
    training = np.isin(data.clips["clean"].rows, data.table.rows_of(split.train))
    everything = data.clips["clean"].values[training].mean(axis=0)
    np.testing.assert_allclose(found["1.0"], everything, atol=1e-5)
    assert np.abs(found["0.5"] - everything).max() > 1e-3


def test_nothing_of_the_test_speakers_reaches_the_weights() -> None:
    rows = rows_of(5)
    clips = made_up(rows)
    table, made = Table.of(rows), splits(rows)
    spoilt = clips.values.copy()
    spoilt[np.isin(clips.rows, table.rows_of(made[0].test))] *= -100.0
    weights = []
    for values in (clips.values, spoilt):
        data = Data(table, {"clean": replace(clips, values=values)})
        ((_, choice),) = fit_folds([Task(settings(), data, made[0], 0)], Executor("cpu"))
        assert choice.normalisation is not None
        weights.append([*choice.fitted.state.values(), choice.normalisation.mean])
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_same_seed_same_figures_whatever_the_jobs() -> None:
    rows = rows_of(6)
    data = Data(Table.of(rows), {"clean": made_up(rows), "copy:0": made_up(rows, 1)})
    chosen = settings("augment=1", "gamma=0.4,0.5")
    made = splits(rows)[:2]
    runs = []
    for seed, jobs in ((0, 1), (0, 2), (1, 1)):
        tasks = [Task(chosen, data, split, seed) for split in made]
        found = dict(fit_folds(tasks, Executor("cpu", jobs)))
        runs.append([found[place] for place in range(2)])
    for first, again, other in zip(*runs, strict=True):
        assert first.fitted.epochs == again.fitted.epochs
        assert first.fitted.validation == again.fitted.validation
        for name, weight in first.fitted.state.items():
            assert torch.equal(weight, again.fitted.state[name])
            assert not torch.equal(weight, other.fitted.state[name])


def whole(data: Data, chosen: Config, variant: str, speakers: range) -> Subset:
    rows = data.table.rows_of([("c", str(speaker)) for speaker in speakers])
    return make_subset(chosen, data, variant, 0.5, None, rows)


def test_the_best_epoch_is_kept_and_patience_ends_the_rest() -> None:
    rows = rows_of(6)
    data = Data(Table.of(rows), {"clean": made_up(rows)})
    chosen = settings("epochs=200", "patience=3", "normalisation=speaker")
    (candidate,) = chosen.candidates()
    training = whole(data, chosen, "clean", range(4))
    validation = whole(data, chosen, "clean", range(4, 6))
    found = fit(chosen, candidate, data.table, [training], validation, seed=0, device=CPU)
    assert found.epochs < 100
    shorter = fit(
        chosen, candidate, data.table, [training], None, seed=0, device=CPU, epochs=found.epochs
    )
    for name, weight in found.state.items():
        assert torch.equal(weight, shorter.state[name])


def test_divergence_of_answers() -> None:
    sure = torch.tensor([[50.0, 0.0], [0.0, 0.0], [50.0, 0.0]])
    other = torch.tensor([[0.0, 50.0], [0.0, 0.0], [0.0, 0.0]])
    found = jensen_shannon(sure, other)
    middle = (np.log(4 / 3) + (np.log(2 / 3) + np.log(2)) / 2) / 2
    np.testing.assert_allclose(found, [np.log(2), 0, middle], atol=1e-6)
    torch.testing.assert_close(jensen_shannon(other, sure), found)


def test_consistency_brings_the_answers_to_two_variants_together() -> None:
    rows = rows_of(6)
    data = Data(Table.of(rows), {"clean": made_up(rows), "channel:0": made_up(rows, seed=1)})
    apart = {}
    for weight in (0, 20):
        chosen = settings("channels=1", "sounds=DIR", f"consistency={weight}", "epochs=10")
        (candidate,) = chosen.candidates()
        training = [whole(data, chosen, variant, range(6)) for variant in data.clips]
        found = fit(chosen, candidate, data.table, training, None, seed=0, device=CPU)
        model = build_model(chosen, candidate)
        model.load_state_dict(found.state)
        logits = [
            torch.from_numpy(compute_logits(model.eval(), batches(subset.windows), 4))
            for subset in training
        ]
        apart[weight] = float(jensen_shannon(*logits).mean())
    assert apart[20] < apart[0] / 2


def test_listeners_decide_a_share_of_a_label() -> None:
    rows = rows_of(1, clips=2)
    rows[1] = replace(rows[1], votes=(0.0, 0.5, 0.5, 0.0))
    expected = [[1.0, 0.0, 0.0, 0.0], [0.0, 0.8, 0.2, 0.0]]
    np.testing.assert_allclose(soft_targets(Table.of(rows), 0.4), expected, atol=1e-6)


def test_a_part_of_a_window_is_drawn() -> None:
    x, random = np.arange(20, dtype=np.float32)[:, None], np.random.default_rng(0)
    parts = [part_of(x, 0.5, random)[:, 0] for _ in range(200)]
    assert {len(part) for part in parts} == set(range(10, 21))
    assert all((np.diff(part) == 1).all() for part in parts)
    assert min(part[0] for part in parts) == 0
    assert max(part[-1] for part in parts) == 19
    assert len(part_of(x[:3], 0.5, random)) == 3
    assert {len(part_of(x[:6], 0.1, random)) for _ in range(50)} == {5, 6}


@pytest.mark.parametrize("changes", [["noise=1"], ["crop=0.5"]])
@pytest.mark.parametrize("context", ["voice_prior=0", "voice_prior=50"])
def test_noise_and_parts_alter_what_an_epoch_sees(changes: list[str], context: str) -> None:
    rows = rows_of(4)
    data = Data(Table.of(rows), {"clean": made_up(rows)})
    found = []
    for some in ([], changes, changes):
        chosen = settings(context, "epochs=1", *some)
        (candidate,) = chosen.candidates()
        training = [whole(data, chosen, "clean", range(4))]
        fitted = fit(chosen, candidate, data.table, training, None, seed=0, device=CPU)
        found.append(fitted.state["output.weight"])
    assert not torch.equal(found[0], found[1])
    torch.testing.assert_close(found[1], found[2], rtol=0, atol=0)


def test_mixup_mixes_pairs_and_their_labels() -> None:
    x = torch.arange(6.0).view(3, 2, 1)
    mask = torch.tensor([[1.0, 1.0], [1.0, 0.0], [1.0, 0.0]])
    random = np.random.default_rng(5)
    share = float(np.random.default_rng(5).beta(0.5, 0.5))
    labels, weights = torch.tensor([0, 1, 3]), torch.tensor([1.0, 2.0, 4.0])
    shares = torch.nn.functional.one_hot(labels, 4).float()
    (mixed, both), targets, weighed = mix((x, mask), shares, weights, 0.5, random)
    order = [int(i) for i in ((mixed[:, 0, 0] - share * x[:, 0, 0]) / (1 - share) / 2).round()]
    assert sorted(order) == [0, 1, 2] != order
    torch.testing.assert_close(mixed, share * x + (1 - share) * x[order])
    assert both.tolist() == torch.maximum(mask, mask[order]).tolist()
    torch.testing.assert_close(weighed, share * weights + (1 - share) * weights[order])
    for i, other in enumerate(order):
        expected = torch.zeros(4)
        expected[labels[i]] += share
        expected[labels[other]] += 1 - share
        torch.testing.assert_close(targets[i], expected)


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("constant", [1.0, 1.0, 1.0, 1.0]),
        ("exponential", [1.0, 0.5, 0.25, 0.2]),
        ("cosine", [1.0, 0.8535534, 0.5, 0.1464466]),
    ],
)
def test_learning_rates(named: str, expected: list[float]) -> None:
    chosen = settings(f"schedule={named}", "learning_rate=1.0", "decay=0.5", "minimum_rate=0.2")
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=chosen.learning_rate)
    scheduler = schedule(chosen, optimiser, 4)
    rates = []
    for _ in range(4):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()
    assert rates == pytest.approx(expected)


def test_copies_without_speech_are_not_drawn() -> None:
    rows = rows_of(4)
    silent = [Nodes(np.empty((0, 88), np.float32), [], []) for _ in rows]
    nothing = Clips.of(silent, feature_set(SPEC))
    data = Data(Table.of(rows), {"clean": made_up(rows), "copy:0": nothing})
    chosen = settings("normalisation=speaker", "epochs=2")
    (candidate,) = chosen.candidates()
    clean, copies = (whole(data, chosen, variant, range(4)) for variant in ("clean", "copy:0"))
    both, one = (
        fit(chosen, candidate, data.table, subsets, None, seed=0, device=CPU)
        for subsets in ([clean, copies], [clean])
    )
    assert both.state.keys() == one.state.keys()
    with pytest.raises(EdgeSerError, match="no speech was found"):
        fit(chosen, candidate, data.table, [copies], None, seed=0, device=CPU)


def test_devices() -> None:
    assert choose_device("cpu").type == "cpu"
    if torch.cuda.is_available():
        assert choose_device("auto").type == choose_device("cuda").type == "cuda"
    else:
        assert choose_device("auto").type == "cpu"
        with pytest.raises(EdgeSerError, match="no CUDA device; use --device cpu"):
            choose_device("cuda")
