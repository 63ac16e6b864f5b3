"""The files for several servers: valid by their schemas, with settings and names that there are."""

import re

import kubernetes_validate
import pytest
import yaml
from process import ROOT
from test_deploy import gateway_settings, server_settings

DOCUMENTS = list(yaml.safe_load_all((ROOT / "deploy/kubernetes/quiver.yaml").read_text()))


def named(kind: str, name: str = "quiver") -> dict:
    (found,) = [d for d in DOCUMENTS if d["kind"] == kind and d["metadata"]["name"] == name]
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d["kind"] + d["metadata"]["name"])
def test_each_document_is_valid(document):
    kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)


def test_a_document_with_a_wrong_field_is_not():
    broken = {**named("StatefulSet"), "spec": {**named("StatefulSet")["spec"], "replica": 3}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, kubernetes_validate.latest_version(), strict=True)


def test_settings_exist_and_selectors_select():
    template = named("StatefulSet")["spec"]["template"]
    (container,) = template["spec"]["containers"]
    names = {*named("ConfigMap")["data"], *(entry["name"] for entry in container["env"])}
    assert {name for name in names if name.startswith("QUIVER__")} <= server_settings()
    labels = template["metadata"]["labels"]
    assert named("StatefulSet")["spec"]["selector"]["matchLabels"] == labels
    assert named("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == labels
    for name in ("quiver", "quiver-nodes"):
        assert named("Service", name)["spec"]["selector"] == labels
    assert named("StatefulSet")["spec"]["serviceName"] == "quiver-nodes"
    volumes = {v["name"] for v in template["spec"]["volumes"]}
    volumes |= {c["metadata"]["name"] for c in named("StatefulSet")["spec"]["volumeClaimTemplates"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes
    grace = template["spec"]["terminationGracePeriodSeconds"]
    assert grace > 10, "a server may take ten seconds to end"


def test_compose_has_three_servers_of_one_log_behind_a_proxy():
    services = yaml.safe_load((ROOT / "deploy/docker-compose.cluster.yml").read_text())["services"]
    nodes = {name: service for name, service in services.items() if name.startswith("quiver-")}
    gateway = nodes.pop("quiver-gateway")
    assert sorted(nodes) == ["quiver-1", "quiver-2", "quiver-3"]
    assert set(gateway["environment"]) <= gateway_settings()
    logs, volumes = set(), set()
    for name, node in nodes.items():
        settings = node["environment"]
        assert {key for key in settings if key.startswith("QUIVER__")} <= server_settings()
        assert settings["QUIVER__REPLICATION__ADDRESS"] == f"http://{name}:6333"
        assert settings["QUIVER__REPLICATION__MODE"] == "sync"
        logs.add(settings["QUIVER__REPLICATION__URL"])
        volumes.add(node["volumes"][0])
    assert len(logs) == 1 and len(volumes) == 3
    bucket = logs.pop().removeprefix("s3://").split("/")[0]
    assert f"s3.bucket.create -name {bucket}" in services["bucket"]["command"][-1]
    proxy = (ROOT / "deploy/Caddyfile.cluster").read_text()
    assert re.search(r"reverse_proxy (.*) \{", proxy)[1].split() == [f"{n}:6333" for n in nodes]
    assert "health_uri /readyz?writes=true" in proxy
    # All three, not the proxy: that has nobody to ask while another server takes the lead.
    urls = gateway["environment"]["QDRANT_VECTOR_STORE__URL"].split(",")
    assert urls == [f"http://{name}:6333" for name in nodes]


def test_what_is_depended_on_depends_on_nothing():
    """Podman starts a container with those that it names, and not with those that they name."""
    services = yaml.safe_load((ROOT / "deploy/docker-compose.cluster.yml").read_text())["services"]
    for service in services.values():
        for name in service.get("depends_on", {}):
            assert "depends_on" not in services[name], name
