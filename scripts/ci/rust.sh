# The checks that Cargo runs.

# What lints, documentation and tests have beside the default features.
FEATURES=enhanced-dynamodb/embedded,enhanced-dynamodb/lambda,lambda-api/local

# Feature sets of the library that are checked beside the one of the tests. `fips` is not: it needs CMake and Go.
FEATURE_SETS=(
  "--no-default-features --features ring"
  "--no-default-features --features aws-lc-rs"
  "--features aws-lc-rs,aws-config,sdk"
)

check_formatting() {
  cargo fmt --all --check
}

check_lints() {
  cargo clippy --locked --workspace --all-targets --features "$FEATURES" "$@" -- -D warnings
}

check_feature_sets() {
  local set
  for set in "${FEATURE_SETS[@]}"; do
    echo "enhanced-dynamodb $set"
    # shellcheck disable=SC2086 # several words
    cargo clippy --locked --quiet -p enhanced-dynamodb $set -- -D warnings
  done
}

check_documentation() {
  RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --workspace --features "$FEATURES" "$@"
}

# run_tests ENGINES…: unit, property, behaviour and documentation tests.
run_tests() {
  local engines=$1
  shift
  TEST_ENGINES=$engines cargo test --locked --workspace --no-fail-fast --features "$FEATURES" "$@"
}
