#!/bin/sh
# Runs edge-ser on arm64 without an arm64 machine: `make test-arm64`.
#
# A Debian 12 for arm64 is unpacked into .arm64/, this project's wheel and the aarch64 wheels of what
# it needs beside it, and check.py compares what comes out there, on an emulated Pi 4 and Pi 5, with
# what comes out here. Must be root (chroot, binfmt); needs apt, qemu-user-static and PYTHON.
set -eu

PROJECT=$(cd "$(dirname "$0")/../.." && pwd)
PYTHON=${PYTHON:-python3}
WORK=$PROJECT/.arm64
ROOT=$WORK/root
SITE=$ROOT/opt/site
PACKAGES="base-files base-passwd bash coreutils libc-bin libportaudio2 python3"
BINFMT=/proc/sys/fs/binfmt_misc
QEMU=/usr/bin/qemu-aarch64-static
# Pi 4, then Pi 5 and Orin; qemu's own default computes int8 products wrongly
PROCESSORS=${PROCESSORS:-cortex-a72 cortex-a76}
MODELS=${MODELS:-cogcn cogcn-whisper}

fail() {
    echo "test-arm64: $*" >&2
    exit 1
}

step() { echo "test-arm64: $*" >&2; }

# Lets the kernel start arm64 programs. F: the interpreter is opened here, and needs no copy in the root.
register() {
    [ -x "$QEMU" ] || fail "there is no $QEMU; install it: sudo apt install qemu-user-static"
    [ -e $BINFMT/register ] || mount -t binfmt_misc binfmt_misc $BINFMT ||
        fail "binfmt_misc cannot be mounted here: arm64 cannot be emulated on this machine"
    [ -e $BINFMT/qemu-aarch64 ] || printf '%s' ":qemu-aarch64:M::\
\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xb7\\x00:\
\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff:\
$QEMU:FPOC" >$BINFMT/register || fail "binfmt is refused: arm64 cannot be emulated on this machine"
}

# The host's apt resolves and downloads for arm64 with a state of its own; nothing is configured.
unpack_debian() {
    debian=$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' 'Label: Debian' |
        head -n 1)
    [ -n "$debian" ] || fail "apt knows no source of Debian 12 here; add one"
    apt=$WORK/apt
    mkdir -p "$apt/lists/partial" "$apt/archives/partial"
    : >"$apt/status"
    cat >"$apt/sources" <<EOF
deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $debian bookworm main
EOF
    cat >"$apt/apt.conf" <<EOF
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
APT::Install-Recommends "false";
Dir::State "$apt";
Dir::State::status "$apt/status";
Dir::Cache "$apt";
Dir::Etc::SourceList "$apt/sources";
Dir::Etc::SourceParts "/dev/null";
Acquire::Languages "none";
Debug::NoLocking "true";
EOF
    export APT_CONFIG="$apt/apt.conf"
    apt-get -qq update
    # shellcheck disable=SC2086 # a list
    apt-get -qq install -y --download-only $PACKAGES >/dev/null
    unset APT_CONFIG
    mkdir -p "$ROOT/usr/bin" "$ROOT/usr/sbin" "$ROOT/usr/lib"
    for folder in bin sbin lib; do ln -s usr/$folder "$ROOT/$folder"; done
    for package in "$apt"/archives/*.deb; do
        dpkg-deb --fsys-tarfile "$package" | tar -C "$ROOT" --keep-directory-symlink -xf -
    done
    # what the packages' own scripts would have made
    ln -sf bash "$ROOT/usr/bin/sh"
    cp "$ROOT/usr/share/base-passwd/passwd.master" "$ROOT/etc/passwd"
    mkdir -p "$ROOT/proc" "$ROOT/dev/shm" "$ROOT/tmp" "$ROOT/sys/devices/system/cpu"
    for list in present possible; do echo 0-1 >"$ROOT/sys/devices/system/cpu/$list"; done
    mknod -m 666 "$ROOT/dev/null" c 1 3
    mknod -m 666 "$ROOT/dev/urandom" c 1 9
    mount -t proc proc "$ROOT/proc"
}

inside() { # processor, command …
    processor=$1
    shift
    env -i PATH=/usr/sbin:/usr/bin HOME=/root LANG=C.UTF-8 PYTHONPATH=/opt/site QEMU_CPU="$processor" \
        chroot "$ROOT" "$@"
}

clean() {
    mountpoint -q "$ROOT/proc" && umount "$ROOT/proc"
    rm -rf "$WORK"
}

[ "$(id -u)" = 0 ] || fail "must be root: it mounts, and changes its root folder"
register
clean || true
trap clean EXIT
mkdir -p "$WORK" "$SITE"
"$PYTHON" -m pip wheel -qq --disable-pip-version-check --no-deps -w "$WORK" "$PROJECT"
step "resolving wheels"
"$PYTHON" "$PROJECT/device/arm64/wheels.py" resolve "$WORK"/edge_ser-*.whl
step "unpacking Debian 12 for arm64"
unpack_debian
step "installing wheels"
"$PYTHON" "$PROJECT/device/arm64/wheels.py" install "$WORK"/edge_ser-*.whl "$SITE"
cp "$PROJECT/device/arm64/check.py" "$ROOT/opt/"
for model in $MODELS; do
    "$PYTHON" "$PROJECT/device/arm64/check.py" write "$ROOT/opt/$model.npz" --model "$model"
    for processor in $PROCESSORS; do
        step "running $model on $processor"
        inside "$processor" python3 /opt/check.py compare "/opt/$model.npz" --model "$model"
    done
done
step "passed"
