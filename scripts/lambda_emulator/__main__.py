"""Runs the API of examples/lambda-api on AWS's Runtime Interface Emulator, against DynamoDB Local.

usage: python3 scripts/lambda_emulator --emulator FILE --function FILE --dynamodb FOLDER [--log FILE]

The events are those that API Gateway and function URLs send; the answers are what Lambda would hand back to them. Between
the function and DynamoDB Local stands a proxy that counts, and that is slow, throttles or refuses where a check wants it.
"""

import argparse
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from checks import CHECKS, Failed  # noqa: E402
from servers import DynamoDbLocal, Emulator, Proxy  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--emulator", required=True, help="aws-lambda-rie")
    parser.add_argument("--function", required=True, help="the function's binary")
    parser.add_argument("--dynamodb", required=True, help="the folder with DynamoDBLocal.jar")
    parser.add_argument("--log", help="where the function's output is kept")
    arguments = parser.parse_args()

    log = pathlib.Path(arguments.log or tempfile.mkstemp(prefix="lambda-", suffix=".log")[1])
    started = time.monotonic()
    passed = failed = 0
    with DynamoDbLocal(arguments.dynamodb) as dynamodb, Proxy(dynamodb.port) as proxy:
        with Emulator(arguments.emulator, arguments.function, proxy.port, log) as emulator:
            for check in CHECKS:
                try:
                    check(emulator, proxy, dynamodb)
                    print(f"ok      {check.__doc__}", flush=True)
                    passed += 1
                except Failed as failure:
                    print(f"FAILED  {check.__doc__}: {failure}", flush=True)
                    failed += 1
    if failed:
        print(f"the function's output is in {log}; its last lines:")
        print("\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-30:]))
    # As cargo test sums up, which ./test counts.
    outcome = "FAILED" if failed else "ok"
    elapsed = time.monotonic() - started
    print(f"test result: {outcome}. {passed} passed; {failed} failed; 0 ignored; finished in {elapsed:.2f}s")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
