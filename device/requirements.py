"""Prints what edge-ser requires on a device, a line each, without openSMILE.

What openSMILE's own package depends on (pandas, pyarrow: 350 MB) nothing here needs, so it goes in
by itself, without.
"""

from importlib.metadata import requires

print(
    *(r for r in requires("edge-ser") or () if "extra ==" not in r and "opensmile" not in r),
    sep="\n",
)
