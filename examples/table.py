"""A pandas table of all utterances in a folder of recordings.

pip install pandas
python examples/table.py FOLDER TABLE.csv
"""

import sys
from pathlib import Path

import pandas as pd

import edge_ser


def table(folder: Path) -> pd.DataFrame:
    """Classify the WAV and FLAC files of a folder."""
    recognizer = edge_ser.load()
    rows = [
        {"file": path.name, **utterance}
        for path in sorted(folder.iterdir())
        if path.suffix in (".wav", ".flac")
        for utterance in recognizer.classify(path).to_dict()["utterances"]
    ]
    return pd.json_normalize(rows)


if __name__ == "__main__":
    found = table(Path(sys.argv[1]))
    found.to_csv(sys.argv[2], index=False)
    print(found.groupby("emotion", dropna=False).size())
