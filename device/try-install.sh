#!/bin/sh
# Runs the installer on the systems that it is made for: `make test-install`.
#
# Debian 12 and 13, from which Raspberry Pi OS is made, and Ubuntu 22.04, Jetson's, are unpacked one
# after the other; edge-ser is installed there twice, classifies the demo clip, and is removed. No
# systemd runs in them, as where the card of a board is written. Must be root; needs debootstrap.
set -eu

PROJECT=$(cd "$(dirname "$0")/.." && pwd)
WORK=$PROJECT/.systems
DEBIAN=http://deb.debian.org/debian
UBUNTU=http://archive.ubuntu.com/ubuntu

step() { echo "test-install: $*" >&2; }

fail() {
    step "$*"
    exit 1
}

clean() {
    for folder in proc dev; do
        if mountpoint -q "$WORK/root/$folder"; then umount "$WORK/root/$folder"; fi
    done
    rm -rf "$WORK"
}

inside() { chroot "$WORK/root" "$@"; }

unpack() { # suite, mirror, option of debootstrap …
    suite=$1 mirror=$2
    shift 2
    debootstrap --variant=minbase --include=systemd,python3,ca-certificates "$@" \
        "$suite" "$WORK/root" "$mirror" >"$WORK/log" 2>&1 || { tail -n 5 "$WORK/log" >&2; exit 1; }
    mount -t proc proc "$WORK/root/proc"
    mount --bind /dev "$WORK/root/dev"
    cp /etc/resolv.conf "$WORK/root/etc/"
    cp /etc/ssl/certs/ca-certificates.crt "$WORK/root/etc/ssl/certs/"
    mkdir "$WORK/root/opt/checkout"
    git -C "$PROJECT" ls-files -z | tar -C "$PROJECT" --null -T - -c | tar -C "$WORK/root/opt/checkout" -x
}

[ "$(id -u)" = 0 ] || fail "must be root: it mounts, and changes its root folder"
command -v debootstrap >/dev/null || fail "there is no debootstrap; install it: apt install debootstrap"
clean
trap clean EXIT
for system in "bookworm $DEBIAN" "trixie $DEBIAN" "jammy $UBUNTU --components=main,universe --no-check-gpg"; do
    mkdir -p "$WORK"
    step "unpacking ${system%% *}"
    # shellcheck disable=SC2086 # a list
    unpack $system
    for _ in once twice; do inside /opt/checkout/device/install.sh >"$WORK/log"; done
    step "$(. "$WORK/root/etc/os-release"; echo "$PRETTY_NAME"), $(inside python3 --version)"
    inside systemctl is-enabled edge-ser.service
    inside systemd-analyze verify /etc/systemd/system/edge-ser.service >"$WORK/log" 2>&1 ||
        { cat "$WORK/log" >&2; exit 1; }
    inside su -s /bin/sh edge-ser -c "cd / && /opt/edge-ser/bin/edge-ser classify /opt/checkout/edge_ser/demo/demo.flac"
    inside /opt/checkout/device/install.sh --uninstall >"$WORK/log"
    left=$(inside sh -c "cd / && ls -d opt/edge-ser etc/default/edge-ser etc/systemd/system/edge-ser.service \
        etc/systemd/system/*/edge-ser.service; getent passwd edge-ser" 2>/dev/null) || true
    [ -z "$left" ] || fail "left behind: $left"
    clean
done
step "passed"
