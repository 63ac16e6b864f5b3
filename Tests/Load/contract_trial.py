"""Sends the example of every operation once, and checks its answer as schemathesis does."""

import json
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parent))

import contract_hooks  # noqa: E402
import schemathesis  # noqa: E402
from contract_examples import operations  # noqa: E402
from schemathesis.checks import not_a_server_error  # noqa: E402
from schemathesis.specs.openapi.checks import (  # noqa: E402
    content_type_conformance, response_schema_conformance,
)  # fmt: skip

CHECKS = [not_a_server_error, response_schema_conformance, content_type_conformance]


def try_all(document: dict, url: str) -> list[str]:
    """What is wrong with answers."""
    schema, failures = schemathesis.openapi.from_dict(document), []
    for method, path in operations(document):
        known = document["paths"][path][method.lower()]
        names = {one["name"]: one["example"] for one in known.get("parameters", [])
                 if one["in"] == "path"}  # fmt: skip
        case = schema[path][method].Case(path_parameters=names)
        for kind, content in known.get("requestBody", {}).get("content", {}).items():
            case.body, case.media_type = content["example"], kind
        try:
            case.call_and_validate(base_url=url, checks=CHECKS, timeout=60)
        except Exception as error:
            failures.append(f"{method} {path}: {error}")
    return failures


if __name__ == "__main__":
    document = json.loads(pathlib.Path(sys.argv[1]).read_text())
    failures = try_all(document, contract_hooks.seed.url)
    print(f"{len(operations(document))}, of which {len(failures)} have wrong answers")
    print("\n".join(failures), file=sys.stderr)
    sys.exit(1 if failures else 0)
