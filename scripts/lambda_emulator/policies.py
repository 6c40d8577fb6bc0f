"""What the template allows the function's role, and what the function's requests need."""

import pathlib
import re

TEMPLATE = pathlib.Path(__file__).parents[2] / "examples/lambda-api/template.yaml"
RESOURCES = {
    "!GetAtt ItemsTable.Arn": "Items",
    "!GetAtt MessagesTable.Arn": "Messages",
    "!Sub ${MessagesTable.Arn}/index/parent-index": "Messages/index/parent-index",
}
# A transaction needs the permissions of its parts
# (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html).
PARTS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}


def allowed():
    """Resource and action, of every statement of the function's policy."""
    found = set()
    for statement in re.split(r"\n +- Sid: ", TEMPLATE.read_text())[1:]:
        resource = RESOURCES[re.search(r"\n +Resource: (.+)", statement)[1]]
        actions = statement[: statement.index("Resource:")]
        found |= {(resource, action) for action in re.findall(r"dynamodb:(\w+)", actions)}
    return found


def needed(operation, body):
    """Resource and action, of everything that a request does."""
    if operation == "TransactWriteItems":
        parts = [part for item in body["TransactItems"] for part in item.items()]
        return {(part["TableName"], PARTS[name]) for name, part in parts}
    if operation == "BatchWriteItem":
        return {(table, operation) for table in body["RequestItems"]}
    index = f"/index/{body['IndexName']}" if "IndexName" in body else ""
    return {(body["TableName"] + index, operation)}
