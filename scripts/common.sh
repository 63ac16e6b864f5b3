# shellcheck shell=bash
# What the scripts share: where things are, how progress is shown, how services are found.
# Sourced, never run.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
script="$(basename "$0")"
state="$root/.quiver"
# The next two are read by the scripts that source this file.
# shellcheck disable=SC2034
logs="$state/logs"
# shellcheck disable=SC2034
python="$root/.venv/bin/python"

say() { printf '%s\n' "$*"; }

fail() {
  printf '%s: %s\n' "$script" "$*" >&2
  exit 1
}

# step MESSAGE LOG COMMAND...: runs a command whose output only matters when it fails. A terminal
# sees the seconds and the last line go by, anything else a line at the start and one at the end.
step() {
  local message="$1" log="$2" started=$SECONDS status=0 waited=0
  shift 2
  mkdir -p "$(dirname "$log")"
  [[ -t 1 ]] || say "$message …"
  "$@" >"$log" 2>&1 </dev/null &
  local pid=$!
  # Commands in the background don't hear Ctrl-C: pass it on.
  trap 'kill -TERM '"$pid"' 2>/dev/null; exit 130' INT TERM
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.2
    waited=$((waited + 1))
    if [[ -t 1 ]]; then
      local last
      last="$(tail -c 300 "$log" | tr -d '\r' | tail -n 1 | cut -c 1-50)"
      printf '\r\033[K%s … %d s  %s' "$message" $((SECONDS - started)) "$last"
    elif ((waited % 300 == 0)); then
      say "  still running after $((SECONDS - started)) s: $(tail -n 1 "$log" | cut -c 1-70)"
    fi
  done
  wait "$pid" || status=$?
  trap - INT TERM
  [[ ! -t 1 ]] || printf '\r\033[K'
  if ((status != 0)); then
    say "$message: failed after $((SECONDS - started)) s. The end of $log:"
    tail -n 15 "$log"
    say "Errors in it:"
    grep -E '(error|Error|ERROR): ' "$log" | sort -u | head -n 20 || true
    return "$status"
  fi
  say "$message: done in $((SECONDS - started)) s"
}

# Swift is the one thing that the scripts do not install.
require_swift() {
  local found
  if ! found="$(swift --version 2>/dev/null)"; then
    fail "Swift 6.3 is missing: install it, or use a container that has it:" \
      "docker run --rm -it --network host -v \"\$PWD\":/quiver -w /quiver swift:6.3-bookworm" \
      "bash -c 'scripts/start && exec bash'"
  fi
  if ! [[ "$found" =~ Swift\ version\ ([0-9]+)\.([0-9]+) ]] ||
    ((BASH_REMATCH[1] * 100 + BASH_REMATCH[2] < 602)); then
    fail "Swift 6.3 is needed, but this is: ${found%%$'\n'*}"
  fi
}

has_product() { grep -q "executable(name: \"$1\"" "$root/Package.swift"; }

# The process id in the file of service $1, if that process still is that service.
running_pid() {
  local pid executable
  pid="$(cat "$state/run/$1.pid" 2>/dev/null)" || return 1
  [[ "$pid" =~ ^[0-9]+$ ]] || return 1
  executable="$(readlink "/proc/$pid/exe" 2>/dev/null)" || return 1
  executable="${executable% (deleted)}"
  [[ "${executable##*/}" == "$1" ]] || return 1
  printf '%s\n' "$pid"
}

# The address under which a service that listens on host $1 is reached from here.
reachable_host() {
  case "$1" in
    "" | 0.0.0.0 | :: | "[::]") printf '127.0.0.1\n' ;;
    *) printf '%s\n' "$1" ;;
  esac
}

# http_status HOST PORT PATH: the status code of a GET, or nothing.
http_status() (
  exec 2>/dev/null 3<>"/dev/tcp/$1/$2" || exit 0
  printf 'GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$3" "$1" >&3
  read -r -t 5 _ code _ <&3 || exit 0
  printf '%s\n' "$code"
)
