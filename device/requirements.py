"""Print the requirements of edge-ser on a device, one per line, without openSMILE.

The opensmile package is installed separately with ``--no-deps``: edge-ser needs none of its own
dependencies (pandas, pyarrow: 350 MB).
"""

from importlib.metadata import requires

print(
    *(r for r in requires("edge-ser") or () if "extra ==" not in r and "opensmile" not in r),
    sep="\n",
)
