#!/bin/sh
# Print the interpreter of a version, 3.10 for example, from the path, uv or pyenv; fail without one.
set -eu
version=$1
for candidate in "python$version" "$(uv python find "$version" 2>/dev/null || true)" \
    "$(pyenv root 2>/dev/null || true)/versions/$version".*/bin/python; do
    found=$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
    [ "$found" = "$version" ] || continue
    echo "$candidate"
    exit
done
echo "there is no Python $version here, nothing is tested on it" >&2
exit 1
