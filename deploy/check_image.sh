#!/usr/bin/env bash
# Builds the image and runs it as Kubernetes would: read-only root, no capabilities, seccomp, a number for a user.
# Against a real Kafka: it must get ready, count what is sent, and on SIGTERM write what it counted. By hand, as root:
#   apt-get install podman runc debootstrap && make .venv/.stamp && deploy/check_image.sh [FOLDER]
# FOLDER keeps the base image for the next time. Where python:3.12-slim cannot be pulled, Debian's Python stands in.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mkdir -p "${1:-/tmp/new-words-image}" && cd "${1:-/tmp/new-words-image}" && pwd)
base=docker.io/library/python:3.12-slim image=localhost/new-words:check texts=20000
podman() { command podman --root "$folder/root" --runroot "$folder/run" --storage-driver vfs --runtime runc "$@"; }
metric() { curl -sf localhost:9464/metrics | awk -v name="$1" '$1 == name { print $2 }'; }
until_true() {  # SECONDS WHAT COMMAND…
    local end=$((SECONDS + $1)) what=$2
    shift 2
    until "$@"; do
        [ $SECONDS -lt $end ] || { echo "FAILED: $what"; podman logs "$service" | tail -20; exit 1; }
        sleep 0.5
    done
    echo "ok: $what"
}
service='' broker=''
finish() {
    [ -z "$service" ] || podman rm -f "$service" > /dev/null || true
    [ -z "$broker" ] || kill "$broker" || true
    wait
}
trap finish EXIT

if ! podman image exists $base && ! timeout 60 "$(type -P podman)" --root "$folder/root" --runroot "$folder/run" \
    --storage-driver vfs pull -q $base 2> /dev/null; then
    echo "$base cannot be pulled: Debian's Python stands in"
    debootstrap --variant=minbase --include=python3,python3-venv,python3-pip,ca-certificates bookworm "$folder/base" > /dev/null
    ln -s python3 "$folder/base/usr/bin/python"
    rm "$folder"/base/usr/lib/python3*/EXTERNALLY-MANAGED  # the official image has none
    tar -C "$folder/base" -c . | podman import -q - $base
    rm -r "$folder/base"
fi
podman build -q --isolation chroot --pull=never -v /etc/ssl/certs:/etc/ssl/certs:ro -t $image . > /dev/null
podman images --format '{{.Repository}}:{{.Tag}} {{.Size}}'

.venv/bin/python -m tests.broker > "$folder/broker.log" &
broker=$!
for _ in $(seq 120); do
    servers=$(sed -n 's/^Kafka listens on \([^;]*\);.*/\1/p' "$folder/broker.log")
    [ -z "$servers" ] || break
    sleep 0.5
done
hardened=(--read-only --read-only-tmpfs=false --cap-drop ALL --security-opt no-new-privileges --network host
    --ulimit nofile=4096:4096 --ulimit nproc=1024:1024 -e "NEWWORDS_KAFKA__BOOTSTRAP_SERVERS=$servers")
service=$(podman run -d "${hardened[@]}" -e NEWWORDS_KAFKA__FLUSH_S=3600 \
    -v "$PWD/deploy/kubernetes/components/pod/config.yaml:/etc/new-words/config.yaml:ro" \
    $image run --config /etc/new-words/config.yaml)
until_true 60 "/readyz says ready" curl -sf -o /dev/null localhost:9464/readyz
process=$(podman inspect -f '{{.State.Pid}}' "$service")
grep -E '^(Uid|CapEff|CapBnd|NoNewPrivs|Seccomp):' "/proc/$process/status"
! nsenter -t "$process" -m touch /tmp/x 2> /dev/null || { echo "FAILED: its root can be written"; exit 1; }
echo "ok: its root is read-only, and it is process $(awk '/^NSpid:/ { print $NF }' "/proc/$process/status")"

loaded=$(podman run --rm "${hardened[@]}" -e NUMBA_DEBUG_CACHE=1 --entrypoint sh $image -c \
    "new-words simulate --texts 3000 2> /dev/null | new-words replay - --quiet" | grep -c '\[cache\] data loaded')
[ "$loaded" -ge 13 ] || { echo "FAILED: $loaded loops were there already compiled"; exit 1; }
echo "ok: $loaded loops were compiled when the image was made"
podman run --rm "${hardened[@]}" --entrypoint sh $image -c \
    "new-words simulate --texts $texts | new-words ingest - --quiet"
counted() { [ "$(metric 'newwords_texts_total{role="count"}')" = "$texts.0" ]; }
until_true 60 "/metrics says all $texts texts are counted" counted
podman logs "$service" 2>&1 | grep 'bound of the configuration'
grep VmHWM "/proc/$process/status"

started=$(date +%s%N)
podman stop -t 60 "$service" > /dev/null
echo "ended $((($(date +%s%N) - started) / 1000000)) ms after SIGTERM, exit code $(podman inspect -f '{{.State.ExitCode}}' "$service")"
[ "$(podman inspect -f '{{.State.ExitCode}}' "$service")" = 0 ]
.venv/bin/python - "$servers" "$texts" << 'END'
import sys
from pathlib import Path
from tests.integration.service import Service
found = Service(sys.argv[1], "", Path("."), ["kafka.group=check"]).totals().get("total_texts")
print(f"state on the topic: {found} texts")
sys.exit(found != int(sys.argv[2]))
END
echo "ok: what was counted is written, though no write was due for an hour"
