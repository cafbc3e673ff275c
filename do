#!/usr/bin/env bash
# Sets up what a job needs in .venv (nothing else on the machine has to be prepared), then does the job.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
unset PYTHONHOME PYTHONPATH

usage() {
  cat <<'TEXT'
Usage: ./do JOB [ARGUMENTS]

  example      analyse examples/la3ni2o7; the report goes to results/la3ni2o7
  tests        style, types, floors and tests; arguments go to pytest
  calibration  error bars against the truth over 2,000 data sets (long)
  nightly      long fuzzing (long)
  benchmarks   timings beside those of peers
  setup        only set up .venv, with everything that developers need

Each sets up .venv on its first run and after a change of the dependencies.
TEXT
}

say() { printf '%s\n' "$*" >&2; }
give_up() { say "do: $*"; exit 2; }

find_python() {
  local candidate
  for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
      command -v "$candidate"
      return
    fi
  done
  give_up "found no Python 3.11 or newer; install one (Debian: apt-get install python3)"
}

# Debian splits venv off from Python: without the package there is no pip for the environment.
install_venv_package() {
  local package as_root=()
  package="$("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
  command -v apt-get >/dev/null || give_up "$1 lacks the modules venv and ensurepip; install them (Debian calls them $package)"
  if [[ $(id -u) -ne 0 ]]; then
    command -v sudo >/dev/null || give_up "$1 lacks venv; run as root: apt-get install $package"
    as_root=(sudo)
  fi
  say "do: installing the Debian package $package, which $1 needs to make an environment"
  "${as_root[@]}" apt-get -qq update >/dev/null
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$package" >/dev/null
}

make_environment() {
  if .venv/bin/python -c 'import pip' >/dev/null 2>&1; then return; fi
  local python
  python="$(find_python)"
  if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then install_venv_package "$python"; fi
  say "do: making .venv with $("$python" --version)"
  "$python" -m venv --clear .venv
}

# A stamp says with which dependencies and in which place the environment was last filled; dev includes core.
is_filled() {
  local stamp
  for stamp in ".venv/.filled-$1" .venv/.filled-dev; do
    if [[ $(cat "$stamp" 2>/dev/null) == "$2" ]]; then .venv/bin/python -c 'import megabar' 2>/dev/null && return 0; fi
  done
  return 1
}

set_up() {
  local wanted="$1" fingerprint
  fingerprint="$({ pwd && cat pyproject.toml constraints.txt; } | sha256sum | cut -d' ' -f1)"
  is_filled "$wanted" "$fingerprint" || fill_environment "$wanted" "$fingerprint"
  PATH="$PWD/.venv/bin:$PATH"
}

fill_environment() {
  local wanted="$1" fingerprint="$2" target="."
  make_environment
  if [[ $wanted == dev ]]; then target=".[dev]"; fi
  say "do: installing megabar and what it needs into .venv (a minute or two, only this time)"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --use-pep517 -c constraints.txt -e "$target"
  printf '%s\n' "$fingerprint" >".venv/.filled-$wanted"
}

# Peers may want other versions of what megabar uses: an environment of their own, with megabar from this folder.
set_up_peers() {
  if .venv-benchmarks/bin/python -c 'import megabar, Stoner' >/dev/null 2>&1; then return; fi
  say "do: installing megabar and its peers into .venv-benchmarks (a few minutes, only this time)"
  .venv/bin/python -m venv --clear .venv-benchmarks
  .venv-benchmarks/bin/python -m pip install --quiet --disable-pip-version-check --no-input --use-pep517 -e . \
    -r benchmarks/requirements.txt
}

failed=()
step() {
  say "== $1"
  shift
  "$@" || failed+=("$*")
}

run_tests() {
  export OMP_NUM_THREADS=1 # two processes side by side already use the cores
  step "style" ruff check
  step "layout" ruff format --check --quiet
  # mypy has one core's worth of work: it runs beside the tests, and speaks after them.
  local log types
  log="$(mktemp)"
  mypy >"$log" 2>&1 &
  types=$!
  step "floors" lint-imports
  step "tests" python -m pytest -n 2 "$@"
  step "types" wait "$types"
  cat "$log" && rm "$log"
  if [[ ${#failed[@]} -gt 0 ]]; then
    say "do: failed:"
    for command in "${failed[@]}"; do say "  $command"; done
    exit 1
  fi
}

job="${1:-help}"
shift || true
case "$job" in
  example)
    set_up core
    megabar analyse examples/la3ni2o7 --output results/la3ni2o7 "$@"
    ;;
  tests)
    set_up dev
    run_tests "$@"
    ;;
  calibration | nightly)
    set_up dev
    python -m pytest -n 2 -m "$job" "$@"
    ;;
  benchmarks)
    set_up dev
    python benchmarks/run.py "$@"
    python benchmarks/fields.py "$@"
    python benchmarks/currents.py "$@"
    python benchmarks/images.py "$@"
    python benchmarks/theory.py "$@"
    python benchmarks/integrity.py "$@"
    set_up_peers
    .venv-benchmarks/bin/python benchmarks/spectra.py "$@"
    .venv-benchmarks/bin/python benchmarks/patterns.py "$@"
    ;;
  setup) set_up dev ;;
  help | -h | --help) usage ;;
  *) give_up "unknown job \"$job\"; ./do help lists the jobs" ;;
esac
