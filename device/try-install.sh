#!/bin/sh
# Runs installer and service on the systems that they are made for: `make test-install`.
#
# Debian 12 and 13, from which Raspberry Pi OS is made, and Ubuntu 22.04, Jetson's, are unpacked one
# after the other. edge-ser is installed there as on the card of a board, the system is started, and
# its own systemd has to start the service, in its sandbox, and to start it again when it dies or
# hangs. Must be root; needs debootstrap and systemd-container.
set -eu

PROJECT=$(cd "$(dirname "$0")/.." && pwd)
WORK=$PROJECT/.systems
ROOT=$WORK/root
INSTALL=/opt/checkout/device/install.sh
HEARD=$ROOT/var/lib/edge-ser/events.jsonl

step() { echo "test-install: $*" >&2; }

fail() {
    step "$*"
    tail -n 15 "$WORK/log" >&2
    exit 1
}

clean() {
    [ -z "${nspawn:-}" ] || { kill "$nspawn" && wait "$nspawn"; } || true
    nspawn=
    ! mountpoint -q "$ROOT/proc" || umount "$ROOT/proc"
    rm -rf "$WORK"
}

unpack() { # suite, option of debootstrap …
    suite=$1
    shift
    debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,python3,ca-certificates "$@" \
        "$suite" "$ROOT" >"$WORK/log" 2>&1 || fail "debootstrap failed"
    cp /etc/resolv.conf "$ROOT/etc/"
    cp /etc/ssl/certs/ca-certificates.crt "$ROOT/etc/ssl/certs/"
    mkdir "$ROOT/opt/checkout"
    git -C "$PROJECT" ls-files -z | tar -C "$PROJECT" --null -T - -c | tar -C "$ROOT/opt/checkout" -x
}

install_twice() {
    mount -t proc proc "$ROOT/proc"
    for _ in once twice; do
        chroot "$ROOT" $INSTALL >"$WORK/log" 2>&1 || fail "the installer failed"
    done
    umount "$ROOT/proc"
}

start() {
    systemd-nspawn --directory="$ROOT" --boot --register=no --keep-unit --machine=edge-ser \
        >"$WORK/console" 2>&1 </dev/null &
    nspawn=$!
}

inside() {
    nsenter --target "$(pgrep -P "$nspawn")" --mount --uts --ipc --net --pid --cgroup \
        env -i PATH=/usr/sbin:/usr/bin "$@" >"$WORK/log" 2>&1
}

# Tries a command for a while.
soon() { # seconds, what it is, command …
    seconds=$1 what=$2
    shift 2
    while ! "$@"; do
        seconds=$((seconds - 1))
        if [ "$seconds" -lt 0 ]; then
            inside journalctl --no-pager -n 15 -u edge-ser.service || true
            fail "not so: $what"
        fi
        sleep 1
    done
    step "$what"
}

is() { # property, value
    inside systemctl show -p "$1" --value edge-ser.service && [ "$(cat "$WORK/log")" = "$2" ]
}

says() { inside journalctl --no-pager -u edge-ser.service && grep -qF "$1" "$WORK/log"; }

page() {
    inside python3 -c 'import urllib.request as r; print(r.urlopen("http://127.0.0.1:8765").read())' &&
        grep -q "edge-ser" "$WORK/log"
}

sleeps() { inside sh -c 'grep -qx sleep /proc/[0-9]*/comm'; }

options() { # of `edge-ser listen`
    echo "EDGE_SER_OPTIONS=$*" >"$ROOT/etc/default/edge-ser"
    inside systemctl restart edge-ser.service || true
}

gone() {
    inside sh -c 'ls -d /opt/edge-ser /etc/default/edge-ser /etc/systemd/system/edge-ser.service \
        /etc/systemd/system/*/edge-ser.service /etc/systemd/system/edge-ser.service.d 2>/dev/null
        getent passwd edge-ser' || true
    [ ! -s "$WORK/log" ]
}

try() {
    soon 60 "starts with the system" is ActiveState active
    soon 5 "says what is missing" is StatusText \
        "no microphone found; plug one in and check that \`arecord -l\` lists it"
    inside systemctl kill -s KILL edge-ser.service
    soon 15 "is started again when it dies" is NRestarts 1
    soon 5 "and listens" is ActiveState active
    inside systemctl kill -s STOP edge-ser.service
    soon 60 "is started again when it hangs" is NRestarts 2
    soon 5 "and listens" is ActiveState active
    options '--device "no such microphone"'
    soon 5 "takes options with spaces" says 'listening to "no such microphone"'
    options --hop nonsense
    soon 5 "is not started again with options that it does not know" is ActiveState failed
    mkdir "$ROOT/etc/systemd/system/edge-ser.service.d"
    cp "$PROJECT/device/edge-ser-web.conf" "$ROOT/etc/systemd/system/edge-ser.service.d/"
    inside systemctl daemon-reload
    options --web 127.0.0.1:8765
    soon 30 "serves its page" page
    # the demo clip in the place of a microphone, in the same sandbox
    sed -i 's|listen --wait|listen --input /opt/checkout/edge_ser/demo/demo.flac|' \
        "$ROOT/etc/systemd/system/edge-ser.service"
    inside systemctl daemon-reload
    options --threshold 0.5
    soon 30 "hears in its sandbox" grep -q '"emotion": "angry"' "$HEARD"
    options '--realtime --exec "sleep 60"'
    soon 30 "runs a command" sleeps
    inside systemctl stop edge-ser.service
    soon 1 "ends in time while that hangs" is Result success
    ! sleeps || fail "the command goes on"
    inside $INSTALL --uninstall || fail "--uninstall failed"
    soon 5 "is removed without a trace" gone
}

[ "$(id -u)" = 0 ] || { step "must be root: it mounts, and starts systems"; exit 1; }
for tool in debootstrap systemd-nspawn; do
    command -v $tool >/dev/null ||
        { step "there is no $tool; install it: apt install debootstrap systemd-container"; exit 1; }
done
clean
trap clean EXIT
for system in bookworm trixie "jammy --components=main,universe --no-check-gpg"; do
    mkdir -p "$WORK"
    # shellcheck disable=SC2086 # a list
    unpack $system
    step "$(. "$ROOT/etc/os-release"; echo "$PRETTY_NAME"), $(chroot "$ROOT" python3 --version)"
    install_twice
    start
    try
    clean
done
step "passed"
