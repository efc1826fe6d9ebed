"""Signs requests with the vendor's own signers.

Reads a JSON list of requests on standard input, writes the list of what the signers made of them. A request has `by`
(`api_key`, `token` or `federation`), `method`, `url`, `seconds` (of the clock, since 1970), `body`, and what its signer needs.
An answer has the headers as they go on the wire, and beside them `target`, so that nobody has to guess what was signed.
"""

import email.utils
import functools
import json
import sys

import oci
from oci._vendor import requests
from oci.auth.federation_client import AuthTokenRequestSigner


class Leaf:
    """As much of a retriever of certificates as the signer of token requests looks at."""

    def __init__(self, key):
        self.key = key

    def get_private_key(self):
        return self.key


@functools.lru_cache
def signer_of(by, text, phrase, tenancy, user, fingerprint, token):
    if by == "api_key":
        return oci.signer.Signer(tenancy, user, fingerprint, None, phrase, private_key_content=text)
    key = oci.signer.load_private_key(text, phrase)
    if by == "token":
        return oci.auth.signers.SecurityTokenSigner(token, key)
    return AuthTokenRequestSigner(tenancy, fingerprint, Leaf(key))


def signed(request):
    # As the SDK makes the date when it is not given one, but for the clock.
    headers = {"date": email.utils.formatdate(request["seconds"], usegmt=True), "content-type": "application/json"}
    body = request.get("body")
    prepared = requests.Request(request["method"], request["url"], headers, data=body and body.encode()).prepare()
    who = ("by", "key", "passphrase", "tenancy", "user", "fingerprint", "token")
    signer_of(*(request.get(name) for name in who))(prepared)
    return {"headers": {name.lower(): value for name, value in prepared.headers.items()}, "target": prepared.path_url}


json.dump([signed(request) for request in json.load(sys.stdin)], sys.stdout)
