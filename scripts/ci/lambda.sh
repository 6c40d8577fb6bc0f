# The Lambda functions: their template, and the API on AWS's Runtime Interface Emulator.

LAMBDA_TEMPLATE=examples/lambda-api/template.yaml
# aws-sam-cli, which carries the emulator, and cfn-lint, with all that they need: every version is pinned.
LAMBDA_TOOLS_LIST=scripts/ci/lambda-tools.txt
# A new list is a new folder.
LAMBDA_TOOLS="$CACHE/lambda-tools-$(cksum <"$LAMBDA_TOOLS_LIST" | cut -d ' ' -f 1)"

# The emulator that runs on this machine, and its digest; nothing where there is none.
lambda_emulator() {
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) echo aws-lambda-rie-x86_64 6b1e686e62ab2baf5759c412c4864276ef2a88b094fca53ec070637ccba9b9a5 ;;
    Linux-aarch64) echo aws-lambda-rie-arm64 ec2e5d09633d853834c008b1ef264bf834b258a94d551d2b2074966494b39a21 ;;
  esac
}

install_lambda_tools() {
  if [[ -f $LAMBDA_TOOLS/whole ]]; then
    echo "in ${LAMBDA_TOOLS#"$PWD"/}"
    return
  fi
  rm -rf "$LAMBDA_TOOLS"
  python3 -m venv "$LAMBDA_TOOLS"
  "$LAMBDA_TOOLS/bin/pip" install --quiet --disable-pip-version-check --requirement "$LAMBDA_TOOLS_LIST"
  touch "$LAMBDA_TOOLS/whole"
  echo "installed in ${LAMBDA_TOOLS#"$PWD"/}"
}

check_lambda_template() {
  # Neither asks AWS for anything; SAM wants to know for which Region it is.
  SAM_CLI_TELEMETRY=0 "$LAMBDA_TOOLS/bin/sam" validate --lint --template-file "$LAMBDA_TEMPLATE" --region us-east-1
  "$LAMBDA_TOOLS/bin/cfn-lint" "$LAMBDA_TEMPLATE"
}

check_lambda_function() {
  local name digest emulator
  read -r name digest < <(lambda_emulator)
  emulator=$(echo "$LAMBDA_TOOLS"/lib/python3*/site-packages/samcli/local/rapid/"$name")
  verify_sha256 "$digest" "$emulator"
  # The profile is the release build without LTO, which takes minutes more.
  cargo build --locked --package lambda-api --profile emulator
  python3 scripts/lambda_emulator --emulator "$emulator" --function "${CARGO_TARGET_DIR:-target}/emulator/lambda-api" \
    --dynamodb "${DYNAMODB_LOCAL_DIR:-$CACHE/dynamodb-local-1.25.1}" --log "$LOGS/lambda-function.txt"
}
