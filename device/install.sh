#!/bin/sh
# Installs edge-ser as a service on Raspberry Pi OS (64-bit), Debian or Ubuntu for Jetson.
#
#   sudo device/install.sh               install, or bring what is there up to date
#   sudo device/install.sh --uninstall   remove it; what was heard stays in /var/lib/edge-ser
#   device/install.sh --dry-run          only print what would be done; with --uninstall too
#
# It touches /opt/edge-ser, the unit edge-ser.service, its drop-ins, the system user edge-ser and, once,
# /etc/default/edge-ser; and it installs the packages python3-venv and libportaudio2.
set -eu

HOME_OF_IT=/opt/edge-ser
UNIT=/etc/systemd/system/edge-ser.service
SETTINGS=/etc/default/edge-ser
PACKAGES="python3-venv libportaudio2"
SOURCE=$(cd "$(dirname "$0")/.." && pwd)

say() { echo "install: $*" >&2; }

fail() {
    say "$*"
    exit 1
}

run() {
    echo "+ $*"
    [ -n "$dry" ] || "$@"
}

check() {
    machine=$(uname -m)
    bits=$(getconf LONG_BIT)
    case "$machine-$bits" in
    aarch64-64 | x86_64-64) ;;
    *) fail "this is a $bits-bit system on $machine: openSMILE, NumPy and the runtimes come for 64 bits" \
        "only; install Raspberry Pi OS (64-bit)" ;;
    esac
    command -v apt-get >/dev/null || fail "there is no apt-get; see device/README.md for other systems"
    command -v systemctl >/dev/null || fail "there is no systemd; see device/README.md for other systems"
    python3 -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' ||
        fail "edge-ser needs Python 3.10 to 3.13, and $(python3 --version) is installed"
    [ -n "$dry" ] || [ "$(id -u)" = 0 ] || fail "must be root: sudo device/install.sh"
}

# Not so in a chroot, where the card of a board is written.
booted() { [ -d /run/systemd/system ]; }

# Asks systemd, where one runs.
manager() { if booted; then run systemctl "$@"; fi; }

install_packages() {
    missing=
    for package in $PACKAGES; do
        status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
        [ "$status" = installed ] || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    run apt-get update -qq
    # shellcheck disable=SC2086 # a list
    run env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing
}

install_program() {
    [ -x "$HOME_OF_IT/bin/python" ] || run python3 -m venv "$HOME_OF_IT"
    pip="$HOME_OF_IT/bin/python -m pip install -q --disable-pip-version-check --no-input"
    pip="$pip -c $SOURCE/constraints.txt"
    # shellcheck disable=SC2086 # a command
    run $pip --no-deps opensmile
    # shellcheck disable=SC2086
    run $pip --no-deps --force-reinstall "$SOURCE"
    run sh -c "'$HOME_OF_IT/bin/python' '$SOURCE/device/requirements.py' mqtt web >'$HOME_OF_IT/requirements.txt'"
    # shellcheck disable=SC2086
    run $pip -r "$HOME_OF_IT/requirements.txt"
}

install_service() {
    getent passwd edge-ser >/dev/null ||
        run useradd --system --user-group --no-create-home --home-dir /nonexistent \
            --shell /usr/sbin/nologin edge-ser
    run usermod --append --groups audio edge-ser
    if [ ! -e "$SETTINGS" ]; then
        run install -m 644 "$SOURCE/device/edge-ser.default" "$SETTINGS"
    fi
    run install -m 644 "$SOURCE/device/edge-ser.service" "$UNIT"
    run systemctl enable edge-ser.service
    manager daemon-reload
    manager restart edge-ser.service
}

uninstall() {
    if [ -e "$UNIT" ]; then
        manager stop edge-ser.service
        run systemctl disable edge-ser.service
        run rm -rf "$UNIT" "$UNIT.d"
        manager daemon-reload
    fi
    run rm -rf "$HOME_OF_IT"
    run rm -f "$SETTINGS"
    getent passwd edge-ser >/dev/null && run userdel edge-ser
    say "removed; what was heard stays in /var/lib/edge-ser, the packages ($PACKAGES) too"
}

dry=
action=install
for argument in "$@"; do
    case "$argument" in
    --dry-run) dry=yes ;;
    --uninstall) action=uninstall ;;
    -h | --help)
        sed -n '2,9s/^# \{0,1\}//p' "$0"
        exit 0
        ;;
    *)
        say "unknown argument $argument; try --help"
        exit 2
        ;;
    esac
done

check
if [ "$action" = uninstall ]; then
    uninstall
else
    install_packages
    install_program
    install_service
    when="from now on, and after every start"
    booted || when="after the next start"
    say "edge-ser listens $when: journalctl -fu edge-ser"
fi
