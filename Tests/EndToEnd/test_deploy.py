"""The files in deploy/ read as files: scripts/test-deploy runs them."""

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess

import pytest
import yaml
from process import ROOT, binary

DEPLOY = ROOT / "deploy"
COMPOSE = DEPLOY / "docker-compose.yml"
PRODUCTION = DEPLOY / "docker-compose.production.yml"
VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")
# Settings that an image or the compose file decides.
FIXED = {
    "QUIVER__SERVICE__HOST", "QUIVER__SERVICE__HTTP_PORT", "QUIVER__SERVICE__GRPC_PORT",
    "QUIVER__STORAGE__STORAGE_PATH", "QUIVER__STORAGE__SNAPSHOTS_PATH", "APP_HOST", "APP_PORT",
    "QDRANT_VECTOR_STORE__URL", "EMBEDDINGS__MODEL_PATH",
}  # fmt: skip


def services(path=COMPOSE) -> dict:
    return yaml.safe_load(path.read_text())["services"]


def example() -> dict[str, str]:
    lines = (DEPLOY / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def server_settings() -> set[str]:
    source = (ROOT / "Sources/QdrantREST/Settings/SettingKey.swift").read_text()
    keys = re.findall(r'case \w+ = "([a-z_.]+)"', source)
    return {"QUIVER__" + key.upper().replace(".", "__") for key in keys}


def gateway_settings() -> set[str]:
    source = (ROOT / "Sources/RAGGateway/Settings/SettingKey.swift").read_text()
    return set(re.findall(r'case \w+ = "([A-Z_0-9]+)"', source))


def stages() -> dict[str, list[tuple[str, str]]]:
    """The instructions of each stage of the Dockerfile, its base first."""
    text = re.sub(r"^\s*#.*\n", "", (DEPLOY / "Dockerfile").read_text(), flags=re.MULTILINE)
    found, current = {}, None
    for line in text.replace("\\\n", " ").splitlines():
        if not line.strip():
            continue
        word, _, rest = line.strip().partition(" ")
        assert word in {
            "FROM", "RUN", "COPY", "ENV", "WORKDIR", "VOLUME", "USER", "EXPOSE", "STOPSIGNAL",
            "HEALTHCHECK", "ENTRYPOINT", "CMD", "ARG", "LABEL",
        }, line  # fmt: skip
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            current = found.setdefault(name, [("FROM", base)])
        else:
            current.append((word, rest.strip()))
    return found


def of(stage: list[tuple[str, str]], word: str) -> list[str]:
    return [rest for name, rest in stage if name == word]


def test_every_setting_can_be_given_and_is_explained():
    given = services()["quiver"]["environment"].keys()
    assert server_settings() - FIXED == set(given)
    given = services()["quiver-gateway"]["environment"].keys()
    assert gateway_settings() - FIXED | {"QDRANT_VECTOR_STORE__URL"} == set(given)
    text = (DEPLOY / ".env.example").read_text()
    for name in FIXED:
        assert name in text
    blocks = text.split("\n\n")
    for block in blocks:
        assert block.lstrip().startswith("#"), f"not explained: {block}"


def test_example_holds_every_variable_with_its_default():
    known, used = example(), {}
    for path in (COMPOSE, PRODUCTION):
        for name, default in VARIABLE.findall(path.read_text()):
            used.setdefault(name, default)
            assert used[name] == default, f"{name} has two defaults"
        for service in services(path).values():
            for name, value in service.get("environment", {}).items():
                # podman-compose before 1.5 would not look for it in deploy/.env.
                assert value is not None, f"a key in deploy/.env would be passed over: {name}"
    assert set(known) == set(used)
    for name, default in used.items():
        assert known[name] == default, name


def test_defaults_are_those_of_the_programs():
    """So that a compose file without .env is the program without settings."""
    source = (ROOT / "Sources/QdrantREST/Settings/ServerSettings.swift").read_text()
    for name, member in [
        ("QUIVER__SERVICE__MAX_REQUEST_SIZE_MB", "maxRequestSizeMB"),
        ("QUIVER__SERVICE__MAX_INFLIGHT_MB", "maxInflightMB"),
        ("QUIVER__SERVICE__SHUTDOWN_GRACE_MS", "shutdownGraceMilliseconds"),
        ("QUIVER__SERVICE__SLOW_REQUEST_MS", "slowRequestMilliseconds"),
        ("QUIVER__STORAGE__LIMITS__DISK_RESERVE_MB", "diskReserveMB"),
        ("QUIVER__STORAGE__PERFORMANCE__VECTOR_CACHE_MB", "vectorCacheMB"),
        ("QUIVER__STORAGE__PERFORMANCE__VECTOR_TAIL_MB", "vectorTailMB"),
    ]:
        value = re.search(rf"public var {member} = ([\d_]+)", source)[1].replace("_", "")
        assert example()[name] == value, name


@pytest.mark.parametrize("name", ["quiver", "quiver-gateway", "quiver-gateway-models", "models"])
def test_services_are_bounded_and_restarted(name):
    service = services()[name]
    assert service["restart"] == "unless-stopped"
    limits = service["deploy"]["resources"]["limits"]
    assert limits["cpus"] and limits["memory"]
    assert service["logging"]["options"]["max-size"]
    for port in service.get("ports", []):
        assert port.startswith("127.0.0.1:"), port
    declared = yaml.safe_load(COMPOSE.read_text())["volumes"]
    for volume in service.get("volumes", []):
        assert volume.split(":")[0] in declared


def test_the_gateway_waits_for_a_healthy_server_and_the_profile_for_its_model():
    found = services()
    healthy = {"condition": "service_healthy"}
    assert found["quiver-gateway"]["depends_on"] == {"quiver": healthy}
    assert "profiles" not in found["quiver"] and "profiles" not in found["quiver-gateway"]
    gateway = found["quiver-gateway-models"]
    assert gateway["depends_on"] == {"quiver": healthy, "models": healthy}
    assert gateway["profiles"] == found["models"]["profiles"] == ["models"]
    assert gateway["environment"]["LLM__PROVIDER"] == "openai"
    assert gateway["environment"]["OPENAI_MODEL__BASE_URL"].startswith("http://models:")
    assert "healthcheck" in found["models"], "the image brings none"
    for name, target in [("quiver", "quiver"), ("quiver-gateway", "quiver-gateway")]:
        build = found[name]["build"]
        assert build["target"] == target and target in stages()
        assert (DEPLOY / build["context"] / build["dockerfile"]).resolve() == DEPLOY / "Dockerfile"


def test_production_hardens_both():
    override = yaml.safe_load(PRODUCTION.read_text())
    for name in ("quiver", "quiver-gateway"):
        service = override["services"][name]
        assert service["read_only"] is True and service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]
        for variable, value in service["environment"].items():
            if variable.endswith("_FILE"):
                assert value.removeprefix("/run/secrets/") in service["secrets"]
                # It must not be set as well: nothing is the same as not set.
                plain = variable.removesuffix("_FILE")
                assert services()[name]["environment"][plain] == f"${{{plain}:-}}"
        assert set(service["secrets"]) <= set(override["secrets"])
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {"deploy/.env", "deploy/secrets/"} <= set(ignored)
    caddy = (DEPLOY / "Caddyfile").read_text()
    assert caddy.count("{") == caddy.count("}")
    names = set(re.findall(r"\{\$(\w+)\}", caddy))
    assert names == set(override["services"]["proxy"]["environment"])
    # The gateway is asked for by the name that the proxy has, and has no keys.
    host = override["services"]["proxy"]["environment"]["GATEWAY_HOST"]
    origins = override["services"]["quiver-gateway"]["environment"]["AUTH__ALLOWED_ORIGINS"]
    assert origins.split(" ") == [f"https://{host}", "${AUTH__ALLOWED_ORIGINS:-}"]
    for upstream in re.findall(r"reverse_proxy ([\w-]+):(\d+)", caddy):
        assert upstream in {("quiver", "6333"), ("quiver-gateway", "8000")}


def test_snapshots_may_be_larger_than_the_requests_that_the_proxy_takes():
    caddy = (DEPLOY / "Caddyfile").read_text()
    patterns = re.search(r"@requests not path (.*)\n\s*request_body @requests {", caddy)[1].split()
    routes = (ROOT / "Sources/QdrantREST/Routing/RouteTable+Routes.swift").read_text()
    ends = re.findall(r'Route\(.post, (\w+) \+ "(/\w+)", .*snapshots\.upload\)', routes)
    assert len(ends) == 3
    for start, end in ends:
        path = "/collections/c/snapshots" + ("/partial" if start == "partial" else "") + end
        assert any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns), path


@pytest.mark.parametrize("name", ["quiver", "quiver-gateway"])
def test_images_run_as_they_should(name):
    stage = stages()[name]
    assert of(stage, "FROM") == ["docker.io/library/debian:bookworm-slim"]
    user = of(stage, "USER")[-1]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user), "a number, so that a platform can check it"
    assert of(stage, "STOPSIGNAL") == ["SIGTERM"]
    check = of(stage, "HEALTHCHECK")[-1]
    assert json.loads(check[check.index("CMD") + 3 :]) == [name, "health"]
    assert json.loads(of(stage, "ENTRYPOINT")[-1]) == [name]
    assert json.loads(of(stage, "CMD")[-1]) == ["serve"]
    labels = " ".join(of(stage, "LABEL"))
    for label in ("title", "description", "version", "revision"):
        assert f"org.opencontainers.image.{label}=" in labels
    words = [word for word, text in stage if not text.startswith("DOCUMENT_PROGRAMS=")]
    assert words.index("USER") > words.index("RUN"), "nothing is installed as that user"
    # What changes with every build comes last, so that all before it stays cached.
    assert words.index("ARG") > words.index("CMD")


def test_volumes_belong_to_the_user():
    run = " ".join(of(stages()["quiver"], "RUN"))
    for volume in json.loads(of(stages()["quiver"], "VOLUME")[-1]):
        assert re.search(rf"install -d -o quiver -g quiver [^&]*{volume}\b", run)
    mounted = [v.split(":")[1] for v in services()["quiver"]["volumes"]]
    assert mounted == json.loads(of(stages()["quiver"], "VOLUME")[-1])


def test_stages_install_little_and_leave_nothing():
    for name, stage in stages().items():
        for run in of(stage, "RUN"):
            if "apt-get install" not in run:
                continue
            assert "--no-install-recommends" in run and "apt-get update" in run
            assert "rm -rf /var/lib/apt/lists/*" in run or name == "model"
            if name in services():
                assert "/var/cache/apt/*" in run, "downloaded packages would stay in the image"


def test_documents_are_read_in_the_image():
    """A program that reads a kind of document must be in the image and on the machine."""
    converter = (ROOT / "Sources" / "RAGGateway" / "Ingest" / "Converter.swift").read_text()
    wanted = set(re.findall(r'package = "([\w-]+)"', converter))
    (programs,) = [text for text in of(stages()["quiver-gateway"], "ARG")
                   if text.startswith("DOCUMENT_PROGRAMS=")]  # fmt: skip
    assert wanted == set(shlex.split(programs)[0].partition("=")[2].split())
    assert "${DOCUMENT_PROGRAMS}" in of(stages()["quiver-gateway"], "RUN")[0]
    script = (ROOT / "scripts" / "install-dependencies").read_text()
    assert all(re.search(rf"\b{name}\b", script) for name in wanted)


def test_what_is_built_needs_what_the_scripts_install():
    """A library that the code begins to use must be added to the image too."""
    script = (ROOT / "scripts" / "install-dependencies").read_text()
    names = r"\b(?:lib[\w.+-]+|zlib1g)-dev\b"
    wanted = set(re.findall(names, script)) - {
        "libc6-dev", "libgcc-12-dev", "libstdc++-12-dev"}  # fmt: skip
    found = set(re.findall(names, " ".join(of(stages()["dependencies"], "RUN"))))
    assert wanted <= found, f"not in the image: {sorted(wanted - found)}"


def with_dependencies(names: set[str]) -> set[str]:
    """Those of the names that are installed packages, with all that they depend on."""
    form = "--showformat=${Package}\t${Depends}\n"
    told = subprocess.run(
        ["dpkg-query", "--show", form], check=True, capture_output=True, text=True).stdout
    known = dict(line.split("\t") for line in told.splitlines())
    found, left = set(), set(names)
    while left:
        name = left.pop()
        if name in known and name not in found:
            found.add(name)
            left |= set(re.findall(r"(?:^|[,|]) *([\w.+-]+)", known[name]))
    return found


@pytest.mark.skipif(
    not all(map(shutil.which, ("readelf", "dpkg"))), reason="no tools of Debian's are here")
@pytest.mark.parametrize("name", ["quiver", "quiver-gateway"])
def test_the_libraries_of_a_program_are_in_its_image(name):
    """Each comes with a package that the image installs, or with its base, or is copied into it;
    the runtime of Swift is part of the program."""
    told = subprocess.run(
        ["readelf", "--dynamic", binary(name)], check=True, capture_output=True, text=True).stdout
    runtime = ("libswift", "libFoundation", "lib_Foundation", "libdispatch", "libBlocksRuntime")
    needed = set(re.findall(r"\(NEEDED\).*\[(.+)\]", told))
    assert needed and not [library for library in needed if library.startswith(runtime)]
    stage = stages()[name]
    if any("--from=icu" in copy for copy in of(stage, "COPY")):
        needed -= {"libicudata.so.72", "libicuuc.so.72"}
    there = with_dependencies(set(re.findall(r"[\w.+-]+", " ".join(of(stage, "RUN")))))
    for library in needed:
        found = subprocess.run(
            ["dpkg", "--search", f"*/{library}"], check=True, capture_output=True, text=True).stdout
        assert {line.split(":")[0] for line in found.splitlines()} & there, (library, found)


def test_the_programs_are_stripped():
    build = " ".join(of(stages()["build"], "RUN"))
    # Without it each program holds the names of all its functions, several MB that nobody reads.
    assert build.count("swift build") == build.count("--no-export-dynamic") == 2
    assert build.count("strip -o") == 2
    assert "--mount=type=cache" in build


def test_what_is_copied_is_in_the_context():
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    allowed = [line[1:] for line in ignore if line.startswith("!")]
    assert "*" in ignore
    for name, stage in stages().items():
        for copy in of(stage, "COPY"):
            sources = shlex.split(copy)[:-1]
            if sources[0].startswith("--from="):
                assert sources[0].removeprefix("--from=") in stages()
                continue
            for source in sources:
                assert source.replace("[s]", "s") in allowed, f"{name}: {source}"
                assert source.startswith(".quiver") or (ROOT / source).exists()


@pytest.mark.skipif(shutil.which("swift") is None, reason="swift is not installed")
def test_the_manifest_of_the_image_is_the_whole_one_without_tests(tmp_path):
    run = next(r for r in of(stages()["dependencies"], "RUN") if "whole.swift" in r)
    shutil.copy(ROOT / "Package.swift", tmp_path / "whole.swift")
    script = run.split("&&")[0]
    subprocess.run(["sh", "-c", script], cwd=tmp_path, check=True)

    def dump(folder):
        command = ["swift", "package", "--package-path", folder, "dump-package"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    (tmp_path / "all").mkdir()
    shutil.copy(ROOT / "Package.swift", tmp_path / "all" / "Package.swift")
    whole, made = dump(tmp_path / "all"), dump(tmp_path)
    assert made["dependencies"] == whole["dependencies"]
    assert made["products"] == whole["products"]
    # Test targets, and what only they use, lie under Tests.
    kept = [t for t in whole["targets"] if t["type"] != "test" and not t.get("path")]
    assert made["targets"] == kept and len(kept) < len(whole["targets"])


def test_without_an_engine_nothing_passes(tmp_path):
    for name in ("docker", "podman", "podman-compose"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run([ROOT / "scripts" / "test-deploy"], env=environment, text=True,
                          capture_output=True, timeout=60)  # fmt: skip
    assert done.returncode == 1
    assert "nothing was tested" in done.stderr and done.stdout == ""


def test_alerts_judge_figures_that_there_are(server, wire):
    rules = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())
    scrape = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    assert scrape["rule_files"] == ["alerts.yml"]
    for job in scrape["scrape_configs"]:
        assert job["metrics_path"] == "/metrics" and job["job_name"] in services()
        assert job["static_configs"][0]["targets"][0].split(":")[0] == job["job_name"]
    wire.result("PUT", "/collections/alerts", {
        "vectors": {"size": 2, "distance": "Dot"}, "optimizers_config": {"indexing_threshold": 1}})
    points = [{"id": n, "vector": [n, 1]} for n in range(2000)]
    wire.result("PUT", "/collections/alerts/points?wait=true", {"points": points})
    text = wire.session.get(server.url + "/metrics", timeout=60).text
    names = set(re.findall(r"^(\w+)[{ ]", text, re.MULTILINE))
    functions = {"sum", "by", "rate", "histogram_quantile", "and", "up", "instance", "le", "job"}
    alerts = [rule for group in rules["groups"] for rule in group["rules"]]
    assert len(alerts) == len({rule["alert"] for rule in alerts}) > 5
    for rule in alerts:
        expression = rule["expr"]
        assert expression.count("(") == expression.count(")")
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert rule["annotations"]["summary"] and rule["annotations"]["description"]
        bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\"[^\"]*\"", "", expression)
        for word in set(re.findall(r"[a-z_]\w+", bare)) - functions:
            assert word in names, f"{rule['alert']} asks for {word}, which /metrics has not"
    wire.result("DELETE", "/collections/alerts")
