# The pages of trees, looked at in Chromium.

BROWSER_TEST=examples/browser-test
PAGES="${CARGO_TARGET_DIR:-$PWD/target}/browser-test"

# The browser's program: what CHROMIUM names, or one that is installed; nothing where there is none.
find_chromium() {
  local name names=(chromium chromium-browser google-chrome google-chrome-stable
    "/Applications/Chromium.app/Contents/MacOS/Chromium"
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
  [[ -z ${CHROMIUM-} ]] || names=("$CHROMIUM")
  for name in "${names[@]}"; do
    if command -v "$name"; then
      return
    fi
  done
}

check_pages() {
  local chromium
  chromium=$(find_chromium)
  mkdir -p "$PAGES"
  cargo run --locked --quiet --package examples --example tree_pages -- "$PAGES"
  cargo run --locked --quiet --package examples --example chat_tree -- --embedded --html "$PAGES/conversation.html" >/dev/null
  npm ci --prefix "$BROWSER_TEST" --silent --no-audit --no-fund
  CHROMIUM=$chromium TREE_PAGES=$PAGES npm test --prefix "$BROWSER_TEST" --silent
}
