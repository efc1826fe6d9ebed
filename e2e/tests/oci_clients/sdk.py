"""Calls the service through the vendor's SDK, one call a line, and compares each answer with the SDK's own models.

    sdk.py SETTINGS

SETTINGS is JSON: `endpoint`, `authority` (file), and how to sign: `config` (file, with `profile`), `session` (the same, for a
profile with a security token), `instance` (the federation endpoint; the metadata service is in the environment) or `workload`
(host, port and service account token of a cluster).

A line in is `{"operation", "arguments", "details": {"model", "values"}}`, values being as on the wire; a line out is
`{"status", "headers", "body", "error", "problems"}`. The line `{"summary": true}` asks what was never called or answered.
"""

import datetime
import inspect
import json
import re
import sys

import oci
from oci.compute_cloud_at_customer import ComputeCloudAtCustomerClient, models

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
PLAIN = {"str": str, "int": int, "bool": bool, "float": (int, float), "object": object}
LIST = re.compile(r"list\[(.+)\]")
MAP = re.compile(r"dict\(str, (.+)\)")
UNKNOWN = "UNKNOWN_ENUM_VALUE"


def model_of(kind):
    found = getattr(models, kind, None)
    return found if inspect.isclass(found) else None


def fields(model):
    """Attribute, key on the wire and type of each field."""
    empty = model()
    return [(name, key, empty.swagger_types[name]) for name, key in empty.attribute_map.items()]


def is_required(model, attribute):
    return "**[Required]**" in (getattr(model, attribute).__doc__ or "")


def known_values(model, attribute):
    """The values of an enumeration, which the SDK keeps as constants; none when it is free text."""
    prefix = attribute.upper() + "_"
    return {value for name, value in vars(model).items() if name.startswith(prefix) and isinstance(value, str)}


class Shape:
    """Compares raw answers with the models."""

    def __init__(self):
        self.answered = set()
        self.reachable = set()
        self.problems = []

    def reach(self, kind):
        """Notes every field that an answer of this type may have."""
        inner = LIST.fullmatch(kind) or MAP.fullmatch(kind)
        if inner:
            return self.reach(inner[1])
        model = model_of(kind)
        for name, _key, below in fields(model) if model else []:
            if (kind, name) not in self.reachable:
                self.reachable.add((kind, name))
                self.reach(below)

    def check(self, path, value, kind):
        if match := LIST.fullmatch(kind):
            if self.expect(path, value, list):
                for index, item in enumerate(value):
                    self.check(f"{path}[{index}]", item, match[1])
        elif match := MAP.fullmatch(kind):
            if self.expect(path, value, dict):
                for key, item in value.items():
                    self.check(f"{path}.{key}", item, match[1])
        elif kind == "datetime":
            if not (isinstance(value, str) and TIME.fullmatch(value)):
                self.problems.append(f"{path}: {value!r} is no time in UTC")
        elif kind in PLAIN:
            self.expect(path, value, PLAIN[kind])
            if kind == "int" and isinstance(value, bool):
                self.problems.append(f"{path}: {value!r} is no number")
        elif model := model_of(kind):
            if self.expect(path, value, dict):
                self.check_model(path, value, kind, model)
        else:
            self.problems.append(f"{path}: the SDK has no type {kind}")

    def check_model(self, path, value, kind, model):
        known = {key: (name, below) for name, key, below in fields(model)}
        for key in value.keys() - known.keys():
            self.problems.append(f"{path}.{key}: {kind} has no such field")
        for key, (name, below) in known.items():
            found = value.get(key)
            if found is None:
                if is_required(model, name):
                    self.problems.append(f"{path}.{key}: {kind} requires it")
                continue
            self.answered.add((kind, name))
            self.check(f"{path}.{key}", found, below)
            values = known_values(model, name)
            if values and found not in values:
                self.problems.append(f"{path}.{key}: {found!r} is none of {sorted(values)}")

    def expect(self, path, value, kind):
        if isinstance(value, kind):
            return True
        self.problems.append(f"{path}: {value!r} is no {kind}")
        return False

    def unanswered(self):
        return sorted(f"{kind}.{name}" for kind, name in self.reachable - self.answered)


def has_unknown(value):
    """Whether the SDK met a value of an enumeration that it does not know."""
    if isinstance(value, list):
        return any(map(has_unknown, value))
    if hasattr(value, "swagger_types"):
        return any(has_unknown(getattr(value, name)) for name in value.swagger_types)
    return value == UNKNOWN


def built(kind, value):
    """A model, or what it is made of, from JSON as on the wire."""
    if match := LIST.fullmatch(kind):
        return [built(match[1], item) for item in value]
    if kind == "datetime":
        return datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
    model = model_of(kind)
    if model is None:
        return value
    return model(**{name: built(below, value[key]) for name, key, below in fields(model) if key in value})


class ServiceAccount:
    """As much of a provider of tokens as the signer of workloads looks at."""

    def __init__(self, token):
        self.token = token

    def get_sa_token(self):
        return self.token


def signer_of(settings):
    if "workload" in settings:
        host, port, token = settings["workload"]
        kind = oci.auth.signers.oke_workload_identity_resource_principal_signer.OkeWorkloadIdentityResourcePrincipalSigner
        once = oci.retry.NoneRetryStrategy()
        return {}, {"signer": kind(ServiceAccount(token), settings["authority"], host, port, retry_strategy=once)}
    if "instance" in settings:
        signer = oci.auth.signers.InstancePrincipalsSecurityTokenSigner(
            federation_endpoint=settings["instance"],
            federation_client_cert_bundle_verify=settings["authority"],
            federation_client_retry_strategy=oci.retry.NoneRetryStrategy(),
        )
        return {}, {"signer": signer}
    if "session" in settings:
        config = oci.config.from_file(settings["session"], settings["profile"])
        with open(config["security_token_file"], encoding="utf-8") as token:
            key = oci.signer.load_private_key_from_file(config["key_file"], config.get("pass_phrase"))
            return config, {"signer": oci.auth.signers.SecurityTokenSigner(token.read(), key)}
    return oci.config.from_file(settings["config"], settings["profile"]), {}


class Caller:
    """The client with an ear on what it sends and gets."""

    def __init__(self, settings):
        config, signing = signer_of(settings)
        self.client = ComputeCloudAtCustomerClient(
            config,
            service_endpoint=settings["endpoint"],
            retry_strategy=oci.retry.NoneRetryStrategy(),
            timeout=(10, 30),
            **signing,
        )
        base = self.client.base_client
        base.session.verify = settings["authority"]
        base.session.hooks["response"].append(self.hear)
        self.call_api, base.call_api = base.call_api, self.overhear
        self.shape = Shape()
        self.called = set()

    def hear(self, response, *_arguments, **_named):
        self.raw = response

    def overhear(self, *arguments, **named):
        self.kind = named.get("response_type")
        return self.call_api(*arguments, **named)

    def operations(self):
        names = vars(ComputeCloudAtCustomerClient).items()
        return {name for name, value in names if inspect.isfunction(value) and not name.startswith("_")}

    def call(self, line):
        self.shape.problems = []
        self.raw = self.kind = error = None
        arguments = dict(line.get("arguments", {}))
        if details := line.get("details"):
            name = re.sub(r"(?<!^)([A-Z])", r"_\1", details["model"]).lower()
            arguments[name] = built(details["model"], details["values"])
        try:
            answer = getattr(self.client, line["operation"])(**arguments)
            self.called.add(line["operation"])
            self.compare(line["operation"], answer.data)
        except oci.exceptions.ServiceError as refused:
            error = {"status": refused.status, "code": refused.code, "message": refused.message}
            error["requestId"] = refused.request_id
        return self.answer(error)

    def compare(self, operation, data):
        text = self.raw.text
        if self.kind is None:
            if text:
                self.shape.problems.append(f"{operation}: an answer without a model has the body {text!r}")
            return
        self.shape.reach(self.kind)
        self.shape.check(operation, json.loads(text), self.kind)
        if has_unknown(data):
            self.shape.problems.append(f"{operation}: the SDK reads {UNKNOWN}")

    def answer(self, error):
        text = self.raw.text
        return {
            "status": self.raw.status_code,
            "headers": {name.lower(): value for name, value in self.raw.headers.items()},
            "body": json.loads(text) if text else None,
            "error": error,
            "problems": self.shape.problems,
        }

    def summary(self):
        return {"uncalled": sorted(self.operations() - self.called), "unanswered": self.shape.unanswered()}


def main():
    caller = Caller(json.loads(sys.argv[1]))
    for text in sys.stdin:
        line = json.loads(text)
        answer = caller.summary() if line.get("summary") else caller.call(line)
        print(json.dumps(answer), flush=True)


main()
