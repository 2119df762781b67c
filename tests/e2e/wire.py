# SPDX-License-Identifier: BSD-2-Clause
"""The protocol of auth.sock and admin.sock, written a second time: from base/fields.h and wire/*.h, not from their
code, so that a change of the wire format is seen."""
import array
import os
import socket
import struct

KINDS = ("password", "voicemail", "login", "phone", "admin")
VERDICTS = ("refused", "granted", "unknown", "disabled", "rule broken", "denied", "busy", "unavailable", "invalid",
            "internal")
AUTH, STATUS, CHANGE, AUTH_REPLY = 0x0001, 0x0002, 0x0003, 0x0010
STATUS_QUERY, ACCOUNT_PUT, SECRET_ACT, STORE_CHECK, IMPORT = 0x0100, 0x0110, 0x0120, 0x0130, 0x0150
DONE, NOTE = 0x0200, 0x0202
BEGIN, COMMIT = 0, 1
PROOF_NONE, PROOF_SECRET, PROOF_GRANT, PROOF_PRIVILEGE = range(4)
MAX_PACKET = 65536


def as_bytes(value):
    return value if isinstance(value, bytes) else value.encode()


def field(tag, body):
    return struct.pack("<BI", tag, len(body)) + body


def fields(*tagged):
    """(tag, bytes) in ascending order."""
    return b"".join(field(tag, body) for tag, body in tagged)


def sized(*items):
    """A list: each item with its size before it."""
    return b"".join(struct.pack("<I", len(item)) + item for item in items)


def packet(kind, body, version=1, magic=b"PB"):
    return magic + struct.pack("<BBH", version, 0, kind) + body


def u8(number):
    return struct.pack("<B", number)


def subject(kind, user, domain="", service="e2e", rhost=""):
    return fields((1, u8(KINDS.index(kind))), (2, as_bytes(user)), (3, as_bytes(domain)), (4, as_bytes(service)),
                  (5, as_bytes(rhost)))


def auth_request(kind, user, secret, nonce=None, **kwargs):
    return packet(AUTH, fields((1, nonce or os.urandom(16)), (2, subject(kind, user, **kwargs)), (3, as_bytes(secret))))


def status_request(kind, user, nonce=None, **kwargs):
    return packet(STATUS, fields((1, nonce or os.urandom(16)), (2, subject(kind, user, **kwargs))))


def change_request(kind, user, step, proof, nonce=None, current=b"", grant=bytes(16), secrets=(), **kwargs):
    """secrets: (kind, secret)."""
    new = [fields((1, u8(KINDS.index(k))), (2, as_bytes(s))) for k, s in secrets]
    return packet(CHANGE, fields((1, nonce or os.urandom(16)), (2, subject(kind, user, **kwargs)), (3, u8(step)),
                                 (4, u8(proof)), (5, as_bytes(current)), (6, grant), (7, sized(*new))))


def decode(body):
    """Fields by their tags; ValueError if malformed."""
    found, last = {}, 0
    while body:
        if len(body) < 5:
            raise ValueError("cut field")
        tag, size = struct.unpack_from("<BI", body)
        if tag <= last or len(body) < 5 + size:
            raise ValueError("bad field")
        found[tag], last, body = body[5:5 + size], tag, body[5 + size:]
    return found


def decode_list(body):
    items = []
    while body:
        (size,) = struct.unpack_from("<I", body)
        items.append(body[4:4 + size])
        body = body[4 + size:]
    return items


def unpack(raw):
    """(type, fields by tag) of a packet; ValueError if it is none."""
    if len(raw) < 6 or raw[:2] != b"PB" or raw[2] != 1 or raw[3] != 0:
        raise ValueError(f"no packet: {raw[:16]!r}")
    return struct.unpack_from("<H", raw, 4)[0], decode(raw[6:])


class Reply:
    """AuthReply."""

    def __init__(self, raw):
        kind, found = unpack(raw)
        if kind != AUTH_REPLY:
            raise ValueError(f"reply of type {kind:#x}")
        self.nonce = found[1]
        self.kind = KINDS[found[2][0]]
        self.verdict = VERDICTS[found[3][0]]
        self.account = found[4].decode()
        self.change = {k for i, k in enumerate(KINDS) if decode(found[9]).get(1, b"\0")[0] >> i & 1}
        self.grant = found[11] if found[10] == b"\1" else None
        self.texts = [decode(item)[2].decode() for item in decode_list(found[12])]


def connect(path, timeout=60.0):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sock.settimeout(timeout)
    try:
        sock.connect(path)
    except BaseException:
        sock.close()
        raise
    return sock


def exchange(path, request, timeout=60.0):
    """Sends one packet; the first reply packet, or b"" if the connection was closed without one."""
    with connect(path, timeout) as sock:
        try:
            sock.send(request)
        except (BrokenPipeError, ConnectionResetError):
            pass  # turned away before it could speak; there may be an answer all the same
        return receive(sock)


def receive(sock):
    for _ in range(2):
        try:
            return sock.recv(MAX_PACKET + 1)
        except ConnectionResetError:
            continue  # closed without reading what we sent; what it said is still there
    return b""


def ask(path, request, timeout=60.0):
    return Reply(exchange(path, request, timeout))


def login(path, kind, user, secret, timeout=60.0, **kwargs):
    """The verdict."""
    return ask(path, auth_request(kind, user, secret, **kwargs), timeout).verdict


# ---- admin.sock

def secret_set(user, kind, secret):
    """SecretAct: set, of one user."""
    selection = fields((1, sized(as_bytes(user))))
    return packet(SECRET_ACT, fields((1, selection), (2, u8(KINDS.index(kind))), (3, u8(0)), (4, as_bytes(secret))))


def user_add(address):
    return packet(ACCOUNT_PUT, fields((1, u8(0)), (2, u8(0)), (3, as_bytes(address)), (4, b"")))


def admin_call(path, request, fd=None, timeout=60.0):
    """Sends one request with a descriptor; all reply packets as (type, fields). Without Done: the daemon went away."""
    ancillary = [] if fd is None else [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))]
    replies = []
    with connect(path, timeout) as sock:
        try:
            sock.sendmsg([request], ancillary)
        except (BrokenPipeError, ConnectionResetError):
            pass
        while True:
            raw = receive(sock)
            if not raw:
                return replies
            replies.append(unpack(raw))
            if replies[-1][0] == DONE:
                return replies


def is_done_ok(replies):
    return bool(replies) and replies[-1][0] == DONE and replies[-1][1][1] == b"\1"
