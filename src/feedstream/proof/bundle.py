"""Proofs as JSON documents that need nothing else but the log's verifier keys to be checked.

Hashes are base64 (RFC 4648 §4) of 32 bytes. A tree of any size is tied to a signed checkpoint by
a consistency path, which is empty where the checkpoint is of that very size.
"""

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from feedstream.errors import Invalid
from feedstream.eventlog.codec import MAX_LINE
from feedstream.eventlog.merkle import Tree
from feedstream.proof import b64
from feedstream.proof.checkpoint import MAX_SIZE
from feedstream.proof.note import MAX_NOTE

MAX_DOCUMENT = 2 * MAX_LINE  # bytes: a body may be in it, with its quotes escaped


def _bytes(size: int) -> Any:
    """The annotations of a field of `size` bytes."""

    def read(value: object) -> bytes:
        content = b64.decode(value) if isinstance(value, str) else value
        if not isinstance(content, bytes) or len(content) != size:
            raise ValueError(f"this is not {size} bytes in base64")
        return content

    return BeforeValidator(read), PlainSerializer(b64.encode, return_type=str)


_READ_HASH, _WRITE_HASH = _bytes(32)
_READ_SALT, _WRITE_SALT = _bytes(16)
Hash = Annotated[bytes, _READ_HASH, _WRITE_HASH]
Salt = Annotated[bytes, _READ_SALT, _WRITE_SALT]
HashPath = Annotated[tuple[Hash, ...], Field(max_length=128)]
Size = Annotated[int, Field(ge=0, le=MAX_SIZE)]
Position = Annotated[int, Field(ge=1, le=MAX_SIZE)]
Signed = Annotated[str, Field(max_length=MAX_NOTE)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class AnchoredTree(_Model):
    """The tree of the first `size` events, which `path` shows to be the start of a checkpoint's."""

    size: Size
    root: Hash
    path: HashPath = ()
    checkpoint: Signed

    @property
    def tree(self) -> Tree:
        """Size and root."""
        return Tree(self.size, self.root)


class KnownTree(_Model):
    """A tree that somebody knew before; with the checkpoint that said so, where it is at hand."""

    size: Size
    root: Hash
    checkpoint: Signed | None = None

    @property
    def tree(self) -> Tree:
        """Size and root."""
        return Tree(self.size, self.root)


class ShownEvent(_Model):
    """What is shown of an event: its header, and its body only together with its salt.

    `header` and `data` are the very bytes that were hashed, as text: leaf = SHA-256(0x00 ‖ header
    ‖ digest), digest = SHA-256(salt ‖ data).
    """

    header: str
    digest: Hash
    salt: Salt | None = None
    data: str | None = None

    @model_validator(mode="after")
    def _together(self) -> "ShownEvent":
        if (self.salt is None) != (self.data is None):
            raise ValueError("“salt” and “data” stand together or not at all")
        return self


class InclusionProof(_Model):
    """That the event at `position` is in the log: RFC 6962 §2.1.1."""

    format: Literal["feedstream-inclusion/1"] = "feedstream-inclusion/1"
    position: Position
    index: Size
    leaf: Hash
    path: HashPath
    tree: AnchoredTree
    event: ShownEvent | None = None


class ConsistencyProof(_Model):
    """That the log has grown from `old` to `new` without a change: RFC 6962 §2.1.2."""

    format: Literal["feedstream-consistency/1"] = "feedstream-consistency/1"
    old: KnownTree
    path: HashPath
    new: AnchoredTree


Proof = InclusionProof | ConsistencyProof
_PROOF: TypeAdapter[Proof] = TypeAdapter(Annotated[Proof, Field(discriminator="format")])


def render_proof(proof: Proof) -> bytes:
    """The document, in UTF-8."""
    return proof.model_dump_json(indent=2, exclude_none=True).encode() + b"\n"


def parse_proof(content: bytes) -> Proof:
    """Read a document and check nothing of what it claims. Raises `Invalid` with what is wrong."""
    if len(content) > MAX_DOCUMENT:
        raise Invalid(f"The proof is longer than {MAX_DOCUMENT // 1024**2} MiB.")
    try:
        return _PROOF.validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the document"
        raise Invalid(f"This is no proof: {where}: {first['msg'].lower()}.") from error
