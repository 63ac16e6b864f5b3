"""What schemathesis calls around each request, in its own process: what examples name is there
before it, and its status is noted after it."""

import os
import pathlib
import sys

import schemathesis

sys.path.append(str(pathlib.Path(__file__).parent))

from contract_examples import SNAPSHOT, UPLOADED, Seed  # noqa: E402

FOLDER = pathlib.Path(os.environ["CONTRACT_FOLDER"])
seed = Seed(os.environ["CONTRACT_URL"], FOLDER / "snapshots", FOLDER / "kept")
seed.plant()
answers = (FOLDER / "answers").open("a", buffering=1)
has_changed = False


@schemathesis.hook
def before_call(context, case, kwargs):
    global has_changed
    if has_changed:
        seed.put_back()
        has_changed = False
    if isinstance(case.body, dict) and case.body.get("snapshot") == UPLOADED:
        case.body = {**case.body, "snapshot": (seed.kept / "seeded" / SNAPSHOT).read_bytes()}


@schemathesis.hook
def after_call(context, case, response):
    global has_changed
    has_changed = has_changed or not (
        case.method.upper() == "GET" or 400 <= response.status_code < 500)
    # Other methods are tried as well, under the name of the one that is in the document.
    if response.request.method == case.operation.method.upper():
        answers.write(f"{response.status_code} {case.operation.label}\n")


@schemathesis.hook
def after_network_error(context, case, request):
    global has_changed
    has_changed = True
