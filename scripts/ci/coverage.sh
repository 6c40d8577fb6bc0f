# Line coverage of the library.

LEAST_COVERAGE=85
LLVM_COV_VERSION=0.9.1
LLVM_COV_ROOT="$CACHE/tools/cargo-llvm-cov-$LLVM_COV_VERSION"
COVERAGE_HTML="target/coverage"

llvm_tools_are_there() {
  [[ -n ${LLVM_COV-} && -n ${LLVM_PROFDATA-} ]] && return
  local host
  host=$(rustc -vV | sed -n 's/^host: //p')
  [[ -x "$(rustc --print sysroot)/lib/rustlib/$host/bin/llvm-cov" ]]
}

install_coverage_tools() {
  if ! llvm_tools_are_there; then
    command -v rustup >/dev/null && rustup component add llvm-tools
    llvm_tools_are_there || {
      echo "LLVM's coverage tools are missing: rustup component add llvm-tools, or set LLVM_COV and LLVM_PROFDATA to those of LLVM $(
        rustc -vV | sed -n 's/^LLVM version: //p'
      ) or newer" >&2
      return 1
    }
  fi
  if [[ ! -x $LLVM_COV_ROOT/bin/cargo-llvm-cov ]]; then
    CARGO_TARGET_DIR="$CACHE/tools/build" \
      cargo install --quiet --locked "cargo-llvm-cov@$LLVM_COV_VERSION" --root "$LLVM_COV_ROOT"
    rm -rf "$CACHE/tools/build"
  fi
  "$LLVM_COV_ROOT/bin/cargo-llvm-cov" llvm-cov --version
}

measure_coverage() {
  local others='(^|/)(crates/testkit|examples|bench)/'
  export PATH="$LLVM_COV_ROOT/bin:$PATH"
  TEST_ENGINES=dynoxide,local cargo llvm-cov test --locked --no-report --workspace --exclude bench --no-fail-fast \
    --features enhanced-dynamodb/embedded
  cargo llvm-cov report --html --output-dir "$COVERAGE_HTML" --ignore-filename-regex "$others"
  cargo llvm-cov report --ignore-filename-regex "$others" | tee "$LOGS/coverage.txt"
  echo "as HTML: $COVERAGE_HTML/html/index.html"
  # The tenth column of the totals is the share of the lines.
  awk -v least="$LEAST_COVERAGE" '
    $1 == "TOTAL" { share = $10 + 0; found = 1 }
    END {
      if (!found) { print "the table has no totals"; exit 1 }
      printf "line coverage of the library: %.2f %% (at least %d %%)\n", share, least
      exit share < least
    }' "$LOGS/coverage.txt"
}
