"""What the function must do. Each check is a sentence and the code that tries it; they run in this order."""

import json

import policies
from events import SOURCES, event

INVOCATIONS = 200
CHECKS = []


class Failed(Exception):
    pass


def check(function):
    CHECKS.append(function)
    return function


def expect(true, what):
    if not true:
        raise Failed(what)


class Answer:
    """A response as Lambda hands it back."""

    def __init__(self, response):
        self.status, self.text = response.get("statusCode"), response.get("body") or ""
        self.headers = {name.lower(): value for name, value in (response.get("headers") or {}).items()}
        for name, values in (response.get("multiValueHeaders") or {}).items():
            self.headers[name.lower()] = ", ".join(values)
        try:
            self.json = json.loads(self.text) if self.text else None
        except ValueError:
            self.json = None

    def has(self, status, **members):
        """That it has this status, and these members in its body."""
        wrong = {name: value for name, value in members.items() if (self.json or {}).get(name) != value}
        expect(self.status == status and not wrong, f"{status} {members} expected, got {self.status} {self.text[:300]}")
        return self


def call(emulator, source, method, path, **request):
    return Answer(emulator.invoke(event(source, method, path, **request)))


@check
def tables(emulator, proxy, dynamodb):
    """the tables are those of the template"""
    key = lambda name: [{"AttributeName": name, "KeyType": "HASH"}]
    for table, indexed in [("Items", []), ("Messages", ["parent"])]:
        definition = {
            "TableName": table,
            "KeySchema": key("id"),
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ["id", *indexed]],
            "BillingMode": "PAY_PER_REQUEST",
        }
        if indexed:
            index = {"IndexName": "parent-index", "KeySchema": key("parent"), "Projection": {"ProjectionType": "ALL"}}
            definition["GlobalSecondaryIndexes"] = [index]
        dynamodb.call("CreateTable", definition)


@check
def items(emulator, proxy, dynamodb):
    """an item is made, read, replaced and deleted, by each kind of event"""
    for source in SOURCES:
        item = {"id": f"m 1/{source}", "text": "Grüße"}
        path = f"/items/m%201%2F{source}"
        made = call(emulator, source, "POST", "/items", body=item).has(201, version=1)
        expect(made.headers.get("location") == path.replace("_", "%5F"), made.headers)
        call(emulator, source, "GET", path).has(200, **item, version=1)
        call(emulator, source, "POST", "/items", body=item).has(409, code="Conflict")
        call(emulator, source, "PUT", path, body={"text": "Hello", "version": 1}, in_base64=True).has(200, version=2)
        call(emulator, source, "PUT", path, body={"text": "late", "version": 1}).has(409, code="Conflict", version=2)
        call(emulator, source, "GET", path).has(200, text="Hello")
        expect(call(emulator, source, "DELETE", path).has(204).text == "", "204 has no body")
        call(emulator, source, "DELETE", path).has(404, code="NotFound")
        call(emulator, source, "GET", path).has(404, code="NotFound")


@check
def refused(emulator, proxy, dynamodb):
    """what is no request for the API is told what is wrong"""
    for source in SOURCES:
        call(emulator, source, "POST", "/items").has(400, code="BadRequest")
        call(emulator, source, "POST", "/items", body="{").has(400, code="BadRequest")
        large = {"id": "large", "text": "x" * (401 * 1024)}
        call(emulator, source, "POST", "/items", body=large).has(413, code="ValidationException")
        wrong = call(emulator, source, "PATCH", "/items/m1").has(405, code="MethodNotAllowed")
        expect(wrong.headers.get("allow") == "GET, PUT, DELETE, OPTIONS", wrong.headers)
        call(emulator, source, "GET", "/nothing").has(404, code="NotFound")


@check
def list_of_items(emulator, proxy, dynamodb):
    """a list goes on where its cursor says"""
    for n in range(5):
        call(emulator, "http_api", "POST", "/items", body={"id": f"listed-{n}"}).has(201)
    for source in SOURCES:
        found, query = [], {"limit": "2"}
        while True:
            page = call(emulator, source, "GET", "/items", query=query).has(200)
            found += [item["id"] for item in page.json["items"]]
            if not page.json["cursor"]:
                break
            query["cursor"] = page.json["cursor"]
        expect(sorted(found) == [f"listed-{n}" for n in range(5)], found)
        call(emulator, source, "GET", "/items", query={"cursor": "made-up"}).has(400, code="InvalidCursor")


@check
def tree(emulator, proxy, dynamodb):
    """a tree is nested, as deep as asked for"""
    for name, parent in [("m1", None), ("m2", "m1"), ("m3", "m2"), ("m4", "m1")]:
        item = {"id": {"S": name}} | ({"parent": {"S": parent}} if parent else {})
        dynamodb.call("PutItem", {"TableName": "Messages", "Item": item})
    for source in SOURCES:
        whole = call(emulator, source, "GET", "/trees/m1", query={"includeMetadata": "true"}).has(200).json
        expect(sorted(child["id"] for child in whole["children"]) == ["m2", "m4"], whole)
        expect((whole["metadata"]["nodeCount"], whole["metadata"]["depth"]) == (4, 2), whole["metadata"])
        flat = call(emulator, source, "GET", "/trees/m1", query={"maxDepth": "1"}).has(200).json
        expect("metadata" not in flat and all(child["children"] == [] for child in flat["children"]), flat)
        call(emulator, source, "GET", "/trees/nobody").has(404, code="NotFound")


@check
def transaction(emulator, proxy, dynamodb):
    """a transaction is applied as a whole, or refused with its reasons"""
    for source in SOURCES:
        new = {"put": {"item": {"id": f"session-{source}"}, "if": {"exists": False}}}
        count = {"update": {"id": f"user-{source}", "add": {"sessionCount": 1}}}
        call(emulator, source, "POST", "/transactions", body={"actions": [new, count]}).has(200, applied=2)
        again = call(emulator, source, "POST", "/transactions", body={"actions": [new, count]})
        again.has(409, code="TransactionCanceledException")
        reasons = [reason["code"] for reason in again.json["reasons"]]
        expect(reasons == ["ConditionalCheckFailed", "None"], reasons)
        call(emulator, source, "GET", f"/items/user-{source}").has(200, sessionCount=1)
        # All kinds of actions, on both tables.
        for table in ("items", "trees"):
            part = lambda n, **more: {"table": table, "id": f"part-{n}-{source}"} | more
            put = {"put": {"table": table, "item": {"id": f"part-0-{source}"}}}
            check = {"check": part(1, **{"if": {"exists": False}})}
            actions = [put, check, {"update": part(2, set={"n": 1})}, {"delete": part(3)}]
            call(emulator, source, "POST", "/transactions", body={"actions": actions}).has(200, applied=4)


@check
def batch(emulator, proxy, dynamodb):
    """a batch is written, and one bad operation of it fails alone"""
    for source in SOURCES:
        operations = [{"type": "put", "item": {"id": f"batch-{n}", "n": n}} for n in range(30)]
        operations.append({"type": "put", "table": "trees", "item": {"id": "batch", "parent": "m1"}})
        operations.append({"type": "delete", "table": "trees", "key": {"id": "nobody"}})
        written = call(emulator, source, "POST", "/batch", body={"operations": operations}).has(200, written=32)
        expect(written.json["failed"] == written.json["leftOver"] == [], written.text)
        operations = [{"type": "delete", "key": {"id": f"batch-{n}"}} for n in range(30)]
        operations[7] = {"type": "put", "item": {"id": "large", "text": "x" * (401 * 1024)}}
        partly = call(emulator, source, "POST", "/batch", body={"operations": operations}).has(200, written=29)
        expect([failed["index"] for failed in partly.json["failed"]] == [7], partly.text)
        call(emulator, source, "GET", "/items/batch-7").has(200, n=7)
        call(emulator, source, "DELETE", "/items/batch-7").has(204)


@check
def health(emulator, proxy, dynamodb):
    """the tables are well"""
    for source in SOURCES:
        tables = call(emulator, source, "GET", "/health").has(200, healthy=True).json["tables"]
        expect(tables["items"]["status"] == tables["trees"]["status"] == "Active", tables)


@check
def cors(emulator, proxy, dynamodb):
    """a page of a configured origin may call, another may not"""
    for source in SOURCES:
        page = {"origin": "https://app.example.com", "access-control-request-method": "PUT"}
        answer = call(emulator, source, "OPTIONS", "/items/m1", headers=page).has(204)
        expect(answer.headers.get("access-control-allow-origin") == page["origin"], answer.headers)
        expect("PUT" in answer.headers.get("access-control-allow-methods", ""), answer.headers)
        other = call(emulator, source, "GET", "/items", headers={"origin": "https://evil.example.com"}).has(200)
        expect("access-control-allow-origin" not in other.headers, other.headers)


@check
def throttled(emulator, proxy, dynamodb):
    """a throttled request is a 429 that says when to come again"""
    proxy.faults["throttled-item"] = (400, "ProvisionedThroughputExceededException")
    for source in SOURCES:
        answer = call(emulator, source, "GET", "/items/throttled-item")
        answer.has(429, code="ProvisionedThroughputExceededException")
        # One retry was made: the next wait would be up to 2 s.
        expect(answer.headers.get("retry-after") == "2", answer.headers)


@check
def broken(emulator, proxy, dynamodb):
    """anything else is a 500 with a code and the invocation's id, and no more"""
    proxy.faults["denied-item"] = (400, "AccessDeniedException")
    for source in SOURCES:
        answer = call(emulator, source, "GET", "/items/denied-item").has(500, code="AccessDeniedException")
        expect(sorted(answer.json) == ["code", "error", "requestId"] and answer.json["requestId"], answer.text)
        expect(answer.json["error"] == "Internal server error", answer.text)
        logged = [line for line in emulator.lines() if line.get("requestId") == answer.json["requestId"]]
        expect(logged and logged[0]["code"] == "AccessDeniedException", f"no line has the id: {logged}")


@check
def deadline(emulator, proxy, dynamodb):
    """an invocation that gets no answer is a 504 before its time is up"""
    proxy.faults["silent-item"] = "silence"
    for source in SOURCES:
        # The emulator's own words, when it is too late, are no JSON.
        call(emulator, source, "GET", "/items/silent-item").has(504, code="DeadlineExceeded")
        # The same process goes on.
        call(emulator, source, "GET", "/items/listed-0").has(200, id="listed-0")


@check
def many(emulator, proxy, dynamodb):
    """200 invocations in a row are answered"""
    before = proxy.seen["GetItem"]
    for n in range(INVOCATIONS):
        call(emulator, SOURCES[n % 3], "GET", f"/items/listed-{n % 5}").has(200, id=f"listed-{n % 5}")
    expect(proxy.seen["GetItem"] - before == INVOCATIONS, f"{proxy.seen['GetItem'] - before} requests were sent")


@check
def not_well(emulator, proxy, dynamodb):
    """a table that is gone is a 503, and the log says what to do"""
    dynamodb.call("DeleteTable", {"TableName": "Messages"})
    for source in SOURCES:
        answer = call(emulator, source, "GET", "/health").has(503, code="Unhealthy")
        expect(answer.json["tables"]["items"]["healthy"] and not answer.json["tables"]["trees"]["healthy"], answer.text)
        expect(answer.json["tables"]["trees"]["code"] == "ResourceNotFoundException", answer.text)
        logged = [line for line in emulator.lines() if line.get("requestId") == answer.json["requestId"]]
        expect(logged and "Create the table" in logged[0]["cause"], logged)


def calls(emulator):
    """The lines that the client has written of its calls."""
    return [line for line in emulator.lines() if "operation" in line and "attempts" in line]


@check
def logs(emulator, proxy, dynamodb):
    """the log has each call, with as many attempts as were sent"""
    attempts = {}
    for line in calls(emulator):
        attempts[line["operation"]] = attempts.get(line["operation"], 0) + line["attempts"]
    attempts = {operation: count for operation, count in attempts.items() if count}
    sent = dict(proxy.seen)
    # Whether anything lies below a cut tree is asked of two nodes at once, and the first answer can settle it: the other
    # request is dropped then, and is no call that ended. There were as many such trees as kinds of events.
    dropped = sent.pop("Query") - attempts.pop("Query")
    expect(attempts == sent and 0 <= dropped <= len(SOURCES), f"logged {attempts}, sent {sent}, {dropped} more queries sent")


@check
def metrics(emulator, proxy, dynamodb):
    """CloudWatch gets a line of metrics an invocation, which agree with the log"""
    lines = [line for line in emulator.lines() if "_aws" in line]
    first = [line for line in lines if "Calls" in line]
    expect(len(first) == emulator.invocations, f"{len(first)} lines for {emulator.invocations} invocations")
    ids = {line["InvocationId"] for line in first}
    expect(len(ids) == len(first), "two lines have one invocation's id")
    logged = calls(emulator)
    # A call that was dropped (see the log) is none that ended, and its attempt is counted all the same.
    told = {name: sum(line[name] for line in first) for name in ("Calls", "Retries", "Errors", "ColdStart")}
    counted = {
        "Calls": len(logged),
        "Retries": sum(line["retries"] for line in logged),
        "Errors": sum(line["outcome"] == "error" for line in logged),
        "ColdStart": 1,
    }
    expect(told == counted, f"told {told}, logged {counted}")
    expect(first[0]["ColdStart"] == 1, "the first invocation is the cold start")
    throttles = sum(reason["count"] for line in logged for reason in line.get("throttling", []))
    expect(sum(line["Throttles"] for line in first) == throttles > 0, "throttles")
    for table in ("Items", "Messages"):
        units = sum(line.get("read_units") or 0 for line in logged if line["table"] == table)
        consumed = sum(line.get("ConsumedReadCapacityUnits", 0) for line in lines if line.get("TableName") == table)
        # Transactions and batches are over several tables, and stand in the log under the first.
        expect(consumed > 0 and abs(units - consumed) < 1, f"{table}: {consumed} units told, {units} logged")


@check
def role(emulator, proxy, dynamodb):
    """the template's role may do what the function did, and nothing else"""
    lacks, spare = proxy.needed - policies.allowed(), policies.allowed() - proxy.needed
    expect(not lacks and not spare, f"lacks {sorted(lacks)}, did not use {sorted(spare)}")


@check
def one_process(emulator, proxy, dynamodb):
    """all of it was one process: none of it made the function crash"""
    text = emulator.log.read_text(encoding="utf-8", errors="replace")
    starts = text.count("INIT START") or text.count("Starting runtime")
    expect("panicked" not in text and "Task timed out" not in text, "the function crashed or timed out")
    expect(starts <= 1, f"it was started {starts} times")
