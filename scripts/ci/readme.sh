# The documentation's commands work as they stand there.

check_readme() {
  python3 scripts/readme-blocks README.md $(find docs -name '*.md' 2>/dev/null | sort)
}
