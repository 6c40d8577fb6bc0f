# What has to be there before anything runs, and how to get it.

# The Rust that the library needs, or with `comparisons` the newer one that the AWS SDK beside it needs.
require_rust() {
  local manifest=Cargo.toml wanted have
  [[ ${1-} == comparisons ]] && manifest=crates/differential/Cargo.toml
  wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$manifest")
  if ! command -v cargo >/dev/null || ! command -v rustc >/dev/null; then
    missing "Rust $wanted or newer" "install it from https://rustup.rs"
    return
  fi
  have=$(rustc --version | awk '{print $2}')
  at_least "$have" "$wanted" || missing "Rust $wanted or newer (here is $have)" "rustup update stable"
  cargo fmt --version >/dev/null 2>&1 || missing "rustfmt" "rustup component add rustfmt"
  cargo clippy --version >/dev/null 2>&1 || missing "clippy" "rustup component add clippy"
  command -v cc >/dev/null || missing "a C compiler (Rust links with it)" "apt-get install gcc, or xcode-select --install"
}

require_node() {
  local have
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    missing "Node.js 20 or newer with npm" "install it from https://nodejs.org"
    return
  fi
  have=$(node --version)
  at_least "${have#v}" 20 || missing "Node.js 20 or newer (here is $have)" "install it from https://nodejs.org"
}

require_python() {
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null ||
    missing "Python 3.9 or newer" "apt-get install python3, or https://www.python.org"
}

require_java() {
  local java=java have
  [[ -z ${JAVA_HOME-} ]] || java="$JAVA_HOME/bin/java"
  # "openjdk version "17.0.15"", "java version "1.8.0"": the first number counts, 1 for what is older than 9.
  have=$("$java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1) || true
  if [[ -z $have ]] || ((have < 17)); then
    missing "Java 17 or newer (DynamoDB Local runs on it)" "apt-get install openjdk-17-jre-headless, or https://adoptium.net"
  fi
}
