#!/bin/sh
# A microphone without a sound card: a private, headless PulseAudio with a speaker "play" whose
# sound is the microphone "vmic". Works as root in a container.
#
#   eval "$(device/virtual-microphone.sh start)"
#   edge-ser listen --device vmic &
#   paplay --device=play speech.wav
#   device/virtual-microphone.sh stop
#
# `start` prints the `export` lines that let PortAudio, paplay and pactl find it. Its files lie in
# $EDGE_SER_VMIC (default: a new folder under /tmp, exported too); `stop` removes them.
set -eu

fail() {
    echo "virtual-microphone: $*" >&2
    exit 1
}

start() {
    for program in pulseaudio pactl paplay; do
        command -v "$program" >/dev/null || fail "$program is missing; install:" \
            "sudo apt install libportaudio2 pulseaudio pulseaudio-utils libasound2-plugins"
    done
    folder=${EDGE_SER_VMIC:-$(mktemp -d /tmp/edge-ser-vmic.XXXXXX)}
    mkdir -p "$folder"
    folder=$(cd "$folder" && pwd)
    [ -z "$(ls -A "$folder")" ] || fail "$folder is not empty; stop what runs there, or clear it"
    chmod 700 "$folder"
    mkdir "$folder/home"
    cat >"$folder/asound.conf" <<EOF
</usr/share/alsa/alsa.conf>
pcm.vmic { type pulse device "vmic" }
pcm.!default { type pulse hint { show on description "Default" } }
ctl.!default { type pulse }
EOF
    # Without norewinds=1 the null sink loses samples. A desktop's own daemon is left alone.
    env -u DISPLAY -u DBUS_SESSION_BUS_ADDRESS -u PULSE_SERVER \
        HOME="$folder/home" XDG_RUNTIME_DIR="$folder" \
        pulseaudio -n --daemonize=yes --exit-idle-time=-1 --use-pid-file=yes --system=no \
        --log-target="file:$folder/pulse.log" \
        -L "module-native-protocol-unix auth-anonymous=1 socket=$folder/pulse.sock" \
        -L "module-null-sink sink_name=play rate=16000 channels=1 format=s16le norewinds=1" \
        -L "module-remap-source source_name=vmic master=play.monitor" \
        2>"$folder/start.log" >&2 || fail "PulseAudio does not start: see $folder/*.log"
    HOME="$folder/home" PULSE_SERVER="unix:$folder/pulse.sock" pactl info >/dev/null ||
        fail "PulseAudio does not answer: see $folder/pulse.log"
    cat <<EOF
export EDGE_SER_VMIC='$folder'
export XDG_RUNTIME_DIR='$folder'
export PULSE_SERVER='unix:$folder/pulse.sock'
export PULSE_COOKIE='$folder/home/.config/pulse/cookie'
export PULSE_SOURCE='vmic'
export PULSE_SINK='play'
export ALSA_CONFIG_PATH='$folder/asound.conf'
EOF
}

stop() {
    folder=${EDGE_SER_VMIC:?is not set: it names the folder that start printed}
    [ -f "$folder/asound.conf" ] || fail "there is no virtual microphone in $folder"
    HOME="$folder/home" XDG_RUNTIME_DIR="$folder" pulseaudio --kill 2>/dev/null ||
        echo "virtual-microphone: it had ended already" >&2
    rm -rf "$folder/home" "$folder/pulse"
    rm -f "$folder/asound.conf" "$folder/pulse.sock" "$folder/pulse.log" "$folder/start.log"
    rmdir "$folder" 2>/dev/null || true # other files in it are not ours
}

case "${1-}" in
start) start ;;
stop) stop ;;
*)
    echo "usage: virtual-microphone.sh start|stop" >&2
    exit 2
    ;;
esac
