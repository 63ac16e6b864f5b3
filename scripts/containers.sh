# shellcheck shell=bash
# What the scripts share that run containers: which engine there is, what runs in it, and what is
# asked of it. Sourced after common.sh, never run.

project="quiver-test-$$"
# What is handed to containers, as /inputs.
work="$state/$script"
# The next one is read by the scripts that source this file.
# shellcheck disable=SC2034
table=()
tool_environment=()

find_engine() {
  if command docker info &>/dev/null && command docker compose version &>/dev/null; then
    engine=docker
    compose_command=(command docker compose)
    build_options=()
  elif podman info &>/dev/null && command -v podman-compose >/dev/null; then
    engine=podman
    compose_command=(podman-compose)
    build_options=(--network=host)
    # Images of podman's own format have no health check.
    export BUILDAH_FORMAT=docker
    local version
    version="$(podman-compose --version 2>/dev/null | sed -nE 's/^podman-compose[a-z]* version +//p')"
    printf '%s\n' 1.4 "$version" | sort --version-sort --check=quiet ||
      fail "podman-compose is $version; before 1.4 it does not put in the settings as it should"
  else
    fail "neither docker (with its compose plugin and a running engine) nor podman (with" \
      "podman-compose) works here, so nothing was tested"
  fi
}

compose() { "${compose_command[@]}" -p "$project" "${compose_files[@]}" "$@"; }

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# The id of the running or ended container of service $1.
container() {
  local label id
  for label in com.docker.compose io.podman.compose; do
    id="$("$engine" ps --all --quiet --filter "label=$label.project=$project" \
      --filter "label=com.docker.compose.service=$1" | head -n 1)"
    [[ -z "$id" ]] || break
  done
  [[ -n "$id" ]] || fail "service $1 has no container"
  printf '%s\n' "$id"
}

now_ms() { date +%s%3N; }

# wait_ready PORT PATH: the milliseconds since epoch at which it answered 200.
wait_ready() {
  local end=$(($(now_ms) + 60000))
  while (($(now_ms) < end)); do
    if [[ "$(http_status 127.0.0.1 "$1" "$2")" == 200 ]]; then
      now_ms
      return
    fi
    sleep 0.02
  done
  fail "port $1 did not answer 200 to $2 within 60 s"
}

# Runs the health check that is part of the image of service $1, as the engine would.
health() {
  local id
  id="$(container "$1")"
  if [[ "$engine" == podman ]]; then
    podman healthcheck run "$id" >/dev/null 2>&1
  else
    command docker exec "$id" "$1" health >/dev/null 2>&1
  fi
}

wait_healthy() {
  for ((attempt = 0; attempt < 300; attempt++)); do
    ! health "$1" || return 0
    sleep 0.1
  done
  fail "$1 is not healthy: $("$engine" logs --tail 5 "$(container "$1")" 2>&1)"
}

# tool IMAGE ARGUMENTS…: one command in a container of its own, in the network of the others.
tool() {
  local image="$1"
  shift
  "$engine" run --rm --no-healthcheck --network "$network" --volume "$work:/inputs" \
    --user "$(id -u):$(id -g)" "${tool_environment[@]}" "$image:$QUIVER_TAG" "$@" >"$logs/tool.log" 2>&1 ||
    fail "$image $*: $(tail -n 5 "$logs/tool.log")"
}

write_inputs() {
  rm -rf "$work"
  mkdir -p "$work/documents"
  chmod 777 "$work"
  python3 - "$work" <<'PYTHON'
import json
import pathlib
import random
import sys

folder = pathlib.Path(sys.argv[1])
chance = random.Random(1)
with open(folder / "points.jsonl", "w") as lines:
    for id in range(2000):
        vector = [round(chance.uniform(-1, 1), 5) for _ in range(32)]
        lines.write(json.dumps({"id": id, "vector": vector, "payload": {"n": id}}) + "\n")
(folder / "documents" / "harbour.md").write_text(
    "# Harbour rules\n\nThe harbour of Quarry Bay opens at six in the morning. "
    "Boats longer than twenty metres need a pilot. The pilot is called on channel twelve.\n")
PYTHON
}

# ask QUESTION WORD: the gateway's answer holds the word.
ask() {
  local answer
  answer="$(APP_HOST=127.0.0.1 APP_PORT="$GATEWAY_PORT" python3 scripts/ask "$1")"
  grep -qi "$2" <<<"$answer" || fail "the gateway answered \"$1\" without \"$2\": $answer"
}

start_again() { "$engine" start "$1" >>"$logs/compose.log" 2>&1 || fail "$1 does not start again"; }

# The network of service $1 is the one of the others.
find_network() {
  # shellcheck disable=SC2016  # the template is the engine's, not the shell's
  network="$("$engine" inspect --format \
    '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{end}}' "$(container "$1")")"
}
