"""DynamoDB Local, the proxy before it, and the emulator that runs the function."""

import collections
import http.client
import http.server
import json
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

import policies

REGION = "us-east-1"
ACCESS_KEY = "emulatedfunction"
PATIENCE = 60  # seconds for a server to come up


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_until(answers, what):
    ends = time.monotonic() + PATIENCE
    while not answers():
        if time.monotonic() > ends:
            raise SystemExit(f"{what} did not answer within {PATIENCE} s")
        time.sleep(0.05)


def end(process):
    """With all that it started."""
    try:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=10)
    except ProcessLookupError:
        pass
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class DynamoDbLocal:
    """The emulator of DynamoDB, empty."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
        self.port = free_port()

    def __enter__(self):
        java = pathlib.Path(os.environ["JAVA_HOME"], "bin/java") if os.environ.get("JAVA_HOME") else "java"
        command = [java, "-Djava.library.path=./DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar", "-inMemory", "-disableTelemetry"]
        self.process = subprocess.Popen(
            [*command, "-port", str(self.port)], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_until(self._answers, "DynamoDB Local")
        return self

    def __exit__(self, *_):
        end(self.process)

    def _answers(self):
        if self.process.poll() is not None:
            raise SystemExit(f"DynamoDB Local ended with {self.process.returncode} (it needs Java 17 or newer)")
        try:
            self.call("ListTables", {})
        except OSError:
            return False
        return True

    def call(self, operation, parameters):
        """An operation in the function's namespace: DynamoDB Local separates data by access key."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        credential = f"{ACCESS_KEY}/20250101/{REGION}/dynamodb/aws4_request"
        headers = {
            "content-type": "application/x-amz-json-1.0",
            "x-amz-target": f"DynamoDB_20120810.{operation}",
            "x-amz-date": "20250101T000000Z",
            "authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature={0:064}",
        }
        connection.request("POST", "/", json.dumps(parameters), headers)
        response = connection.getresponse()
        body = json.loads(response.read())
        connection.close()
        if response.status != 200:
            raise SystemExit(f"{operation}: {response.status} {body}")
        return body


class Proxy:
    """Passes requests on to DynamoDB Local, counts them by operation, and remembers what a role must be allowed for them;
    one whose body holds a word that it was given is treated otherwise."""

    def __init__(self, upstream):
        self.upstream, self.seen, self.needed, self.faults = upstream, collections.Counter(), set(), {}
        self.released = threading.Event()

    def __enter__(self):
        handler = type("Handler", (_Handler,), {"proxy": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    def fault_for(self, body):
        return next((fault for word, fault in self.faults.items() if word.encode() in body), None)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        operation = self.headers.get("x-amz-target", "").rpartition(".")[2]
        self.proxy.seen[operation] += 1
        self.proxy.needed |= policies.needed(operation, json.loads(body))
        fault = self.proxy.fault_for(body)
        if fault == "silence":
            self.proxy.released.wait()
            self.close_connection = True
            return
        if fault:
            status, code = fault
            made = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "as the check wants it"})
            self.answer(status, {"content-type": "application/x-amz-json-1.0"}, made.encode())
            return
        connection = http.client.HTTPConnection("127.0.0.1", self.proxy.upstream, timeout=30)
        connection.request("POST", "/", body, dict(self.headers))
        response = connection.getresponse()
        self.answer(response.status, dict(response.headers), response.read())
        connection.close()

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection", "date", "server"):
                self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        try:
            self.end_headers()
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            # The function wants no answer any more: it has dropped the call.
            self.close_connection = True

    def log_message(self, *_):
        pass


class Emulator:
    """AWS's Runtime Interface Emulator with the function in it."""

    TIMEOUT = 3  # seconds, the function's own

    def __init__(self, emulator, function, dynamodb_port, log):
        self.command = [str(pathlib.Path(emulator).resolve()), str(pathlib.Path(function).resolve())]
        self.dynamodb_port, self.log, self.port = dynamodb_port, log, free_port()
        self.invocations = 0

    def __enter__(self):
        rie, function = self.command
        environment = {
            "PATH": os.environ["PATH"],
            "AWS_LAMBDA_FUNCTION_NAME": "lambda-api",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(self.TIMEOUT),
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_ENDPOINT_URL_DYNAMODB": f"http://127.0.0.1:{self.dynamodb_port}",
            "TABLE_NAME": "Items",
            "TREE_TABLE_NAME": "Messages",
            "CORS_ALLOW_ORIGINS": "https://app.example.com",
            "METRICS_NAMESPACE": "LambdaApi",
            "DYNAMODB_ENABLE_LOGGING": "true",
            "DYNAMODB_RETURN_CONSUMED_CAPACITY": "true",
            "DYNAMODB_MAX_RETRIES": "1",
        }
        addresses = ["--runtime-interface-emulator-address", f"127.0.0.1:{self.port}"]
        addresses += ["--runtime-api-address", f"127.0.0.1:{free_port()}"]
        self.output = self.log.open("wb")
        self.process = subprocess.Popen(
            [rie, *addresses, function], env=environment, stdout=self.output, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, start_new_session=True,
        )
        wait_until(self._listens, "the Runtime Interface Emulator")
        return self

    def __exit__(self, *_):
        end(self.process)
        self.output.close()

    def _listens(self):
        if self.process.poll() is not None:
            raise SystemExit(f"the Runtime Interface Emulator ended with {self.process.returncode}: {self.log.read_text()}")
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def invoke(self, event):
        """What Lambda would hand back for this event."""
        self.invocations += 1
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("POST", "/2015-03-31/functions/function/invocations", json.dumps(event))
        body = connection.getresponse().read().decode()
        connection.close()
        try:
            return json.loads(body)
        except ValueError:
            return {"statusCode": None, "body": body}

    def lines(self):
        """The JSON lines that the function has written."""
        self.output.flush()
        lines = []
        for line in self.log.read_text(encoding="utf-8", errors="replace").splitlines():
            # The emulator writes lines of its own, and none of them is JSON.
            if line.startswith("{"):
                lines.append(json.loads(line))
        return lines
