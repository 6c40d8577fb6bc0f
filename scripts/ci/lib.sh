# Steps: announced, timed, ended at the first failure, summed up at the end.

CACHE="$PWD/.cache"
LOGS="$CACHE/logs"
STEPS=()
MISSING=()

begin() {
  mkdir -p "$LOGS"
  rm -f "$LOGS"/*
}

# step NAME COMMAND…: runs the command; its failure is the run's.
step() {
  local name=$1 started=$SECONDS status log
  shift
  log="$LOGS/$(printf '%02d' ${#STEPS[@]}).log"
  printf '\n==> %s\n' "$name"
  # Not in a condition, where bash would ignore failures within the command.
  set +e
  (
    set -euo pipefail
    "$@"
  ) 2>&1 | tee "$log"
  status=${PIPESTATUS[0]}
  set -e
  if [[ $status -ne 0 ]]; then
    STEPS+=("FAILED   $name ($((SECONDS - started)) s)")
    summary
    exit 1
  fi
  STEPS+=("ok       $name ($((SECONDS - started)) s)")
}

# skip NAME REASON: says that something is not run.
skip() {
  STEPS+=("skipped  $1: $2")
}

summary() {
  printf '\n==> Summary (%d s)\n' "$SECONDS"
  printf '%s\n' "${STEPS[@]}"
  # cargo test's and Python's result lines.
  cat "$LOGS"/*.log 2>/dev/null | awk '
    /^test result: / {
      for (i = 2; i <= NF; i++) {
        if ($i == "passed;") passed += $(i - 1)
        if ($i == "failed;") failed += $(i - 1)
        if ($i == "ignored;") ignored += $(i - 1)
      }
    }
    /^skipped on / { skipped++ }
    END { printf "%d passed, %d failed, %d skipped\n", passed, failed, ignored + skipped }'
}

# missing WHAT HOW: remembers a prerequisite that is not there.
missing() {
  MISSING+=("$1: $2")
}

report_missing() {
  if [[ ${#MISSING[@]} -gt 0 ]]; then
    printf 'Missing:\n' >&2
    printf '  %s\n' "${MISSING[@]}" >&2
    exit 1
  fi
}

# at_least HAVE WANT: compares versions of numbers with dots.
at_least() {
  [[ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" == "$2" ]]
}
