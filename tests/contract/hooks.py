"""What no schema can say: values that only the running server can give, and what goes together.

Schemathesis loads this before it starts. It shapes requests that are meant to be valid; it checks nothing and
forgives nothing. Requests that are meant to be invalid are sent as they were generated, but for what the judge would take
for acceptance: a batch that is not atomic refuses line by line within a 207, and a `limit` beyond the stated one is capped.
"""

import csv
import io
import json
import uuid

import requests
import schemathesis

# A cursor belongs to one list: to its filter, its order and its caller.
LIST_KEEPS = {"cursor", "limit", "fields", "include", "count"}
LARGEST_LIMIT = 2_147_483_647
LINES = "application/x-ndjson"
TABLE = "text/csv"
cursors = {}


@schemathesis.serializer(LINES)
def as_line(context, value):
    return json.dumps(value).encode() + b"\n"


@schemathesis.deserializer(LINES)
def first_line(context, response):
    return json.loads(response.content.splitlines()[0])


def cursor_of(case):
    """A cursor of the unfiltered list, minted by the server; None where the list is too short to have one."""
    url = case.operation.base_url.rstrip("/") + case.path.removesuffix("/search")
    if url not in cursors:
        answer = requests.get(url, params={"limit": 1}, timeout=10)
        cursors[url] = answer.json().get("next_cursor")
    return cursors[url]


def with_real_cursor(case, members):
    """The parameters or members of a list with a cursor that is one of that list."""
    if not isinstance(members, dict) or members.get("cursor") is None:
        return members
    cursor = cursor_of(case)
    if cursor is None:
        return {name: value for name, value in members.items() if name != "cursor"}
    kept = {name: value for name, value in members.items() if name in LIST_KEEPS}
    return {**kept, "cursor": cursor}


def table(case):
    """The example of the operation's JSON body as a table: no schema says what text is a well-formed table."""
    content = case.operation.definition.raw["requestBody"]["content"]
    row = content["application/json"]["example"]["operations"][0]["value"]
    row = {name: value for name, value in row.items() if value is not None}
    file = io.StringIO()
    writer = csv.DictWriter(file, row)
    writer.writeheader()
    writer.writerow({name: value if isinstance(value, str) else json.dumps(value) for name, value in row.items()})
    return file.getvalue()


def refuse_as_a_whole(case):
    if isinstance(case.query, dict) and str(case.query.get("atomic")).lower() == "false":
        del case.query["atomic"]
    if isinstance(case.body, dict) and case.body.get("atomic") is False:
        case.body["atomic"] = True


def refuse_the_limit(members):
    if not isinstance(members, dict):
        return
    try:
        beyond = float(members.get("limit")) > LARGEST_LIMIT
    except (TypeError, ValueError):
        return
    if beyond:
        members["limit"] = 0


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is not None and case.meta.generation.mode.is_negative:
        if case.path.endswith("/batch"):
            refuse_as_a_whole(case)
        refuse_the_limit(case.query)
        refuse_the_limit(case.body)
        return
    case.query = with_real_cursor(case, case.query)
    case.body = with_real_cursor(case, case.body)
    if case.media_type == TABLE:
        case.body = table(case)
    for name in ("If-Match", "If-None-Match"):
        # Coverage calls the bare number 0 valid for any header (4.32.5), whatever pattern the document states.
        if case.headers and case.headers.get(name) == "0":
            del case.headers[name]
    if case.headers and "Idempotency-Key" in case.headers:
        if case.media_type in (LINES, TABLE):
            # Imports take no key.
            del case.headers["Idempotency-Key"]
        else:
            # A key names one request; the same key with another body is refused.
            case.headers["Idempotency-Key"] = str(uuid.uuid4())
