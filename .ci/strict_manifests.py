"""Checks rendered manifests as strictly as an API server with field validation would, without one.

strict_manifests.py FILE       what is wrong, a line each; exits with 1 when there is something
strict_manifests.py FILE DIR   also writes, for `sekisho check`:
    DIR/etc              what the containers see in /etc/sekisho
    DIR/elsewhere.yaml   the DaemonSet in another namespace
    DIR/main.yaml        its main containers without what they share of the node
    DIR/commands         the command lines of the containers, a line each

An object is read into the classes of Kubernetes' own Python client and written again: what these do
not know, a misspelt field or one at the wrong depth, does not come back. Beyond that, what the API
server or the kubelet would find too late: names that lead nowhere. And what none of them would mind:
a right more than the agent needs, or one that is granted to somebody else.
"""

import copy
import json
import os
import sys

import kubernetes.client
import yaml

MODELS = {
    ("v1", "ConfigMap"): "V1ConfigMap",
    ("v1", "Namespace"): "V1Namespace",
    ("v1", "ServiceAccount"): "V1ServiceAccount",
    ("apps/v1", "DaemonSet"): "V1DaemonSet",
    ("rbac.authorization.k8s.io/v1", "ClusterRole"): "V1ClusterRole",
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): "V1ClusterRoleBinding",
}

# All that is ever granted, and to whom: to the pod's own account where a container has its token, to the
# kubelets where the agent uses their credentials.
RULES = [
    {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get", "list", "watch"]},
    {"apiGroups": [""], "resources": ["events"], "verbs": ["create", "patch"]},
]
KUBELETS = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:nodes"}


class Answer:
    """What the client's deserializer wants to be given."""

    def __init__(self, value):
        self.data = json.dumps(value)


def differences(given, kept, path=""):
    """What the classes dropped or changed, by path."""
    if isinstance(given, dict) and isinstance(kept, dict):
        for key, value in given.items():
            if key not in kept:
                yield f"{path}.{key}: no such field"
            else:
                yield from differences(value, kept[key], f"{path}.{key}")
    elif isinstance(given, list) and isinstance(kept, list) and len(given) == len(kept):
        for index, value in enumerate(given):
            yield from differences(value, kept[index], f"{path}[{index}]")
    elif given != kept or type(given) is not type(kept):
        yield f"{path}: {given!r} is of the wrong type"


def nulls(value, path=""):
    """A key without a value is dropped by the API server, and is hardly ever meant."""
    if value is None:
        yield f"{path}: no value"
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from nulls(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from nulls(inner, f"{path}[{index}]")


def strict(item):
    model = MODELS.get((item.get("apiVersion"), item.get("kind")))
    if model is None:
        yield f": unexpected {item.get('apiVersion')} {item.get('kind')}"
        return
    yield from nulls(item)
    client = kubernetes.client.ApiClient()
    try:
        kept = client.sanitize_for_serialization(client.deserialize(Answer(item), model))
    except (TypeError, ValueError, AttributeError) as error:
        yield f": {error}"
        return
    yield from differences(item, kept)


def references(daemon_set, objects):
    template = daemon_set["spec"]["template"]
    spec = template["spec"]
    namespace = daemon_set["metadata"]["namespace"]
    labels = template["metadata"]["labels"]
    if not daemon_set["spec"]["selector"]["matchLabels"].items() <= labels.items():
        yield ".spec.selector: does not select the pods of the template"
    if ("Namespace", None, namespace) not in objects:
        yield f".metadata.namespace: no Namespace {namespace}"
    account = spec["serviceAccountName"]
    if ("ServiceAccount", namespace, account) not in objects:
        yield f".spec.template.spec.serviceAccountName: no ServiceAccount {account}"

    volumes = {volume["name"] for volume in spec.get("volumes", [])}
    mounted = set()
    for container in spec.get("initContainers", []) + spec["containers"]:
        mounted |= {mount["name"] for mount in container.get("volumeMounts", [])}
    for name in sorted(mounted ^ volumes):
        yield f".spec.template.spec.volumes: {name} is not both a volume and mounted"

    for volume in spec.get("volumes", []):
        if "configMap" not in volume:
            continue
        name = volume["configMap"]["name"]
        found = objects.get(("ConfigMap", namespace, name))
        if found is None:
            yield f".spec.template.spec.volumes: no ConfigMap {name}"
        elif "items" in volume["configMap"]:
            # A key without an item would be a policy file that no node ever sees.
            asked = {item["key"] for item in volume["configMap"]["items"]}
            for key in sorted(asked ^ found.get("data", {}).keys()):
                yield f".spec.template.spec.volumes: {key} of {name} is not both a key and an item"


def has_token(daemon_set):
    """Whether a container is given the account's token, which the API server does not do by itself here."""
    spec = daemon_set["spec"]["template"]["spec"]
    sources = [
        source
        for volume in spec.get("volumes", [])
        for source in volume.get("projected", {}).get("sources", [])
    ]
    automatic = spec.get("automountServiceAccountToken", True)
    return automatic or any("serviceAccountToken" in source for source in sources)


def grants(daemon_set, objects):
    """What the roles allow must be what the agent needs, and be bound to whoever asks in its name."""
    roles = {name: item for (kind, _, name), item in objects.items() if kind == "ClusterRole"}
    bindings = [item for (kind, _, _), item in objects.items() if kind == "ClusterRoleBinding"]
    metadata, spec = daemon_set["metadata"], daemon_set["spec"]["template"]["spec"]
    account = {
        "kind": "ServiceAccount",
        "name": spec["serviceAccountName"],
        "namespace": metadata["namespace"],
    }
    for name, role in roles.items():
        if role.get("rules") != RULES or "aggregationRule" in role:
            yield f": ClusterRole {name}: grants something else than what the agent needs"
        if name not in [binding["roleRef"]["name"] for binding in bindings]:
            yield f": ClusterRole {name}: is granted to nobody"
    for binding in bindings:
        name = f": ClusterRoleBinding {binding['metadata']['name']}"
        if binding["roleRef"]["kind"] != "ClusterRole" or binding["roleRef"]["name"] not in roles:
            yield f"{name}: no ClusterRole {binding['roleRef']['name']} here"
        if binding.get("subjects") != [account if has_token(daemon_set) else KUBELETS]:
            yield f"{name}: grants to somebody else than who asks"
    if has_token(daemon_set) and not bindings:
        yield ": a container has a token that nothing is granted to"


def write_mounted(daemon_set, objects, directory):
    """The volume `config` as the kubelet makes it: writable for all, with links into a folder that is not."""
    namespace = daemon_set["metadata"]["namespace"]
    for volume in daemon_set["spec"]["template"]["spec"].get("volumes", []):
        if volume["name"] == "config":
            data = objects[("ConfigMap", namespace, volume["configMap"]["name"])]["data"]
            for item in volume["configMap"]["items"]:
                write(os.path.join(directory, "..1", item["path"]), data[item["key"]])
                first = item["path"].split("/")[0]
                if not os.path.lexists(os.path.join(directory, first)):
                    os.symlink(os.path.join("..data", first), os.path.join(directory, first))
            os.symlink("..1", os.path.join(directory, "..data"))
            os.chmod(directory, 0o777)


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def variants(daemon_set):
    """The DaemonSet elsewhere, and its main containers by themselves."""
    elsewhere = copy.deepcopy(daemon_set)
    elsewhere["metadata"]["namespace"] = "default"
    alone = copy.deepcopy(daemon_set)
    spec = alone["spec"]["template"]["spec"]
    for key in ("initContainers", "hostPID", "hostNetwork"):
        del spec[key]
    kept = [volume for volume in spec.get("volumes", []) if "hostPath" not in volume]
    names = {volume["name"] for volume in kept}
    spec["volumes"] = kept
    for container in spec["containers"]:
        mounts = container.get("volumeMounts", [])
        container["volumeMounts"] = [mount for mount in mounts if mount["name"] in names]
    return elsewhere, alone


def main(argv):
    with open(argv[1], encoding="utf-8") as file:
        items = [item for item in yaml.safe_load_all(file) if item is not None]
    wrong = []

    def report(item, texts):
        name = f"{item.get('kind')} {item.get('metadata', {}).get('name')}"
        wrong.extend(f"{argv[1]}: {name}{text}" for text in texts)

    for item in items:
        report(item, strict(item))
    objects = {
        (item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"]): item
        for item in items
    }
    daemon_sets = [item for item in items if item["kind"] == "DaemonSet"]
    if not wrong:
        for daemon_set in daemon_sets:
            report(daemon_set, references(daemon_set, objects))
            report(daemon_set, grants(daemon_set, objects))
    if len(daemon_sets) != 1:
        wrong.append(f"{argv[1]}: {len(daemon_sets)} DaemonSets, expected one")
    if not wrong and len(argv) > 2:
        write_mounted(daemon_sets[0], objects, os.path.join(argv[2], "etc"))
        elsewhere, alone = variants(daemon_sets[0])
        write(os.path.join(argv[2], "elsewhere.yaml"), yaml.safe_dump(elsewhere))
        write(os.path.join(argv[2], "main.yaml"), yaml.safe_dump(alone))
        spec = daemon_sets[0]["spec"]["template"]["spec"]
        lines = [" ".join(one["args"]) + "\n" for one in spec["initContainers"] + spec["containers"]]
        write(os.path.join(argv[2], "commands"), "".join(lines))
    print("\n".join(wrong), end="\n" if wrong else "", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
