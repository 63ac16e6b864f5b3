"""The Kubernetes example: valid by the API's schemas, with settings that there are."""

import kubernetes_validate
import pytest
import yaml
from process import ROOT
from test_deploy import server_settings

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
