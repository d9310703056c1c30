"""Print what edge-ser requires on a device, a line each, without openSMILE.

    python device/requirements.py [EXTRA …]

What openSMILE's own package depends on (pandas, pyarrow: 350 MB) nothing here needs, so it goes in
by itself, without.
"""

import re
import sys
from importlib.metadata import metadata

declared = metadata("edge-ser")
known = declared.get_all("Provides-Extra") or []
for name in sys.argv[1:]:
    if name not in known:
        sys.exit(f"edge-ser has no extra {name!r}; there are: {', '.join(known)}")
for requirement in declared.get_all("Requires-Dist") or ():
    plain = re.sub(r"\s*(;| and) extra == ['\"].+['\"]$", "", requirement)
    extra = requirement.removeprefix(plain).rpartition("== ")[2].strip("'\"")
    if "opensmile" not in plain and (not extra or extra in sys.argv[1:]):
        print(plain)
