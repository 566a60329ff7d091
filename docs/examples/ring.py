#!/usr/bin/env python3
"""Rings a call ID from a program: `ring.py https://rooms.example 482-119-305 "The doorbell"`, with an API key in VERANDA_API_KEY.

Needs the package `cryptography`. The key wants the scopes calls:read and calls:write. What is sealed and proven, and why, is in protocol.md.
"""

import base64
import json
import os
import sys
import time
import urllib.request
import uuid

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def derive(private: X25519PrivateKey, public: str, salt: bytes, parts: list[str]) -> bytes:
    """HKDF-SHA256 of what the two keys agree on; each part of the info is preceded by its length in four bytes."""
    info = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
    shared = private.exchange(X25519PublicKey.from_public_bytes(decode(public)))
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=info).derive(shared)


def public_key(private: X25519PrivateKey) -> str:
    return encode(private.public_key().public_bytes_raw())


def seal_invitation(private: X25519PrivateKey, callee_key: str, call: str, secret: bytes, name: str, nonce: bytes) -> str:
    parts = ["veranda invitation to a call", call, public_key(private), callee_key]
    key = derive(private, callee_key, b"", parts)
    said = name.encode()
    text = b"\x01" + secret + len(said).to_bytes(2, "big") + said.ljust(256, b"\0")
    return encode(nonce + AESGCM(key).encrypt(nonce, text, None))


def prove(private: X25519PrivateKey, challenge: dict, call: str) -> str:
    parts = ["veranda proof of identity", call, public_key(private), challenge["key"]]
    return encode(derive(private, challenge["key"], decode(challenge["nonce"]), parts))


def ask(server: str, method: str, path: str, body: dict | None = None) -> dict:
    headers = {"Authorization": f"Bearer {os.environ['VERANDA_API_KEY']}", "Content-Type": "application/json"}
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(server + path, data, headers, method=method)
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def main(server: str, callee: str, name: str) -> None:
    # Kept, it is the same caller the next time, whom people may know or block; two calls at once need two of them.
    private = X25519PrivateKey.generate()
    secret, call = os.urandom(16), str(uuid.uuid4())
    found = ask(server, "GET", f"/api/v1/call-ids/{callee}")
    placed = ask(server, "POST", "/api/v1/calls", {
        "id": call,
        "callee": callee,
        "caller_key": public_key(private),
        "proof": prove(private, found["challenge"], call),
        "invitation": seal_invitation(private, found["key"], call, secret, name, os.urandom(12)),
    })
    print(f"rings; join at {server}/r/{placed['room']}?key={placed['host_key']}#key={encode(secret)}", flush=True)
    status = None
    while True:
        now = ask(server, "GET", f"/api/v1/calls/{call}")
        if now["status"] != status:
            status = now["status"]
            print(status, flush=True)
        if "ended_at" in now:
            return
        time.sleep(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
