"""A key per contact: what they said is readable while its row is there, and gone when it is not."""

import os
import threading
from collections import OrderedDict

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from zhiyin.conversation.ids import AccountId
from zhiyin.errors import BadPack

_KEY_BYTES = 32
_NONCE_BYTES = 12


class Keyring:
    """Makes contacts' keys, wraps them under the master key if there is one, and keeps the opened ones at hand."""

    def __init__(self, master_key: bytes | None = None, *, remember: int = 4096) -> None:
        if master_key is not None and len(master_key) != _KEY_BYTES:
            raise BadPack(f"the master key has {len(master_key)} bytes; want exactly {_KEY_BYTES} random ones")
        self._master = AESGCM(master_key) if master_key is not None else None
        self._remember = remember
        self._opened: OrderedDict[tuple[AccountId, str], AESGCM] = OrderedDict()
        self._lock = threading.Lock()

    def new_secret(self, account: AccountId, id: str) -> bytes:
        """Make a key as its row keeps it."""
        secret = os.urandom(_KEY_BYTES)
        if self._master is None:
            return secret
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._master.encrypt(nonce, secret, _label(account, id))

    def cipher(self, account: AccountId, id: str, secret: bytes) -> AESGCM:
        """Open the key that a row keeps.

        Raises:
            BadPack: it is wrapped, and the master key is missing or another.
        """
        opened = self.opened(account, id)
        if opened is not None:
            return opened
        if len(secret) != _KEY_BYTES:
            secret = self._unwrap(account, id, secret)
        cipher = AESGCM(secret)
        with self._lock:
            self._opened[account, id] = cipher
            if len(self._opened) > self._remember:
                self._opened.popitem(last=False)
        return cipher

    def opened(self, account: AccountId, id: str) -> AESGCM | None:
        """Return the key if it was opened before; whether its row is still there is for the caller to know."""
        with self._lock:
            cipher = self._opened.get((account, id))
            if cipher is not None:
                self._opened.move_to_end((account, id))
            return cipher

    def forget(self, account: AccountId, id: str) -> None:
        """Drop an opened key."""
        with self._lock:
            self._opened.pop((account, id), None)

    def _unwrap(self, account: AccountId, id: str, secret: bytes) -> bytes:
        if self._master is None:
            raise BadPack("customers' keys are wrapped by a master key; set the one they were made with")
        try:
            return self._master.decrypt(secret[:_NONCE_BYTES], secret[_NONCE_BYTES:], _label(account, id))
        except InvalidTag as error:
            raise BadPack("customers' keys were wrapped by another master key; set that one") from error


def _label(account: AccountId, id: str) -> bytes:
    return f"{account}\0{id}".encode()
