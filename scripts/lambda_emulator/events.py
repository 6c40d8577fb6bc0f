"""Events as API Gateway and function URLs send them, from the fixtures of the API's own tests."""

import base64
import copy
import json
import pathlib
import urllib.parse

FOLDER = pathlib.Path(__file__).parents[2] / "examples/lambda-api/tests/events"
FIXTURES = {name: json.loads((FOLDER / f"{name}.json").read_text()) for name in ("rest_api", "http_api", "function_url")}
SOURCES = list(FIXTURES)


def event(source, method, path, query=None, body=None, headers=None, in_base64=False):
    """The event for a request; `body` is JSON, or text as it is."""
    made = copy.deepcopy(FIXTURES[source])
    query, headers = query or {}, headers or {}
    if source == "rest_api":
        made |= {"path": path, "httpMethod": method}
        made["requestContext"]["httpMethod"] = method
        if query:
            made["queryStringParameters"] = query
            made["multiValueQueryStringParameters"] = {name: [value] for name, value in query.items()}
        made["multiValueHeaders"].update({name: [value] for name, value in headers.items()})
    else:
        raw = ("/prod" if source == "http_api" else "") + path
        made |= {"rawPath": raw, "rawQueryString": urllib.parse.urlencode(query)}
        made["requestContext"]["http"] |= {"method": method, "path": raw}
    made["headers"].update(headers)
    if body is not None:
        text = body if isinstance(body, str) else json.dumps(body)
        made["body"] = base64.b64encode(text.encode()).decode() if in_base64 else text
        made["isBase64Encoded"] = in_base64
    return made
