"""Every setting, from the environment (`ZHIYIN_…`) or a TOML file, checked before anything starts.

The environment wins over the file. `zhiyin settings` prints them all with their meaning; secrets stay masked.
"""

import os
import secrets
import tomllib
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from zhiyin.errors import BadPack


class Settings(BaseSettings):
    """How this installation is set up."""

    model_config = SettingsConfigDict(env_prefix="ZHIYIN_", extra="forbid", frozen=True)

    data_dir: Path = Field(Path("var"), description="Folder for the embedded database and the generated secret key.")
    database_url: str = Field(
        "", description="sqlite:///path or postgresql://user@host/name. Empty: SQLite in data_dir."
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    workers: int = Field(1, ge=1, le=64, description="Server processes. More than one needs PostgreSQL.")
    public_url: str = Field(
        "", description="Address under which customers reach the server, if a proxy stands before it."
    )
    secret_key: SecretStr | None = Field(
        None, description="Signs visitor sessions. Empty: made once, kept in data_dir."
    )
    master_key: SecretStr | None = Field(None, description="Wraps the keys that encrypt customers' words at rest.")
    language: Literal["zh", "en"] = Field("zh", description="Language of a reply when the customer's is unclear.")

    model_url: str = Field("", description="OpenAI-compatible base URL, such as http://127.0.0.1:8080/v1. Empty: none.")
    model_name: str = Field("default", description="Model that the URL is asked for.")
    model_key: SecretStr | None = Field(None, description="API key of the model's URL.")
    model_first_token_s: float = Field(8.0, gt=0, description="Longest wait for the first token, in seconds.")
    model_total_s: float = Field(40.0, gt=0, description="Longest time for a whole completion, in seconds.")
    embedder_url: str = Field("", description="OpenAI-compatible embeddings URL. Empty: the built-in embedder.")
    embedder_name: str = Field("", description="Embedding model that the URL is asked for.")
    embedder_key: SecretStr | None = Field(None, description="API key of the embedder's URL.")
    embedder_dims: int = Field(1024, ge=8, le=8192, description="Dimensions of the URL's embeddings.")
    embedder_cached: int = Field(2048, ge=0, description="Questions whose vectors the built-in embedder remembers.")
    reranker_url: str = Field(
        "", description="Rerank URL ({query, documents} in, scores out). Empty: the built-in judge."
    )
    reranker_name: str = Field("", description="Rerank model that the URL is asked for.")
    reranker_key: SecretStr | None = Field(None, description="API key of the reranker's URL.")

    vectors: Literal["auto", "memory", "pgvector"] = Field(
        "auto", description="Where vectors are searched. auto: in pgvector where the server has it, else in memory."
    )

    answer_from: float | None = Field(
        None, ge=0, le=1, description="Answer from this probability on. Empty: the default."
    )
    clarify_from: float | None = Field(None, ge=0, le=1, description="Ask back from this probability on.")
    max_message_chars: int = Field(
        4000, ge=100, le=100_000, description="Longest message of a customer, in characters."
    )
    max_upload_mb: int = Field(32, ge=1, le=1024, description="Largest upload, in MiB.")
    visitor_messages_per_minute: int = Field(20, ge=1, description="Messages a visitor may send a minute.")
    account_messages_per_minute: int = Field(
        6000, ge=1, description="Messages all visitors of an account may send a minute."
    )
    contacts_per_ip_per_minute: int = Field(30, ge=1, description="New visitors from one address a minute.")
    plain_identity_hash: bool = Field(True, description="Accept identifier_hash, which never expires, next to tokens.")
    turn_lease_s: float = Field(10.0, ge=1, le=300, description="How soon another worker takes over from a dead one.")
    shutdown_s: float = Field(20.0, ge=0, description="How long running turns may finish when the server stops.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged.")
    log_format: Literal["json", "text"] = Field("text", description="One JSON object a line, or text for people.")
    trace_url: str = Field("", description="OTLP/HTTP endpoint for traces; needs the extra zhiyin[trace].")

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: str) -> str:
        if url and not url.startswith(("sqlite", "postgresql")):
            raise ValueError("want sqlite:///path or postgresql://user@host/name")
        return url

    @field_validator("model_url", "embedder_url", "reranker_url", "trace_url", "public_url")
    @classmethod
    def _web_address(cls, url: str) -> str:
        if url and not url.startswith(("http://", "https://")):
            raise ValueError("want an address that begins with http:// or https://")
        return url.rstrip("/")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read arguments first, then the environment, then the file that `ZHIYIN_CONFIG` names."""
        file = Path(os.environ.get("ZHIYIN_CONFIG", "zhiyin.toml"))
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=file)

    def database(self) -> str:
        """Return the database's URL, the embedded one by default."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'zhiyin.sqlite3').resolve()}"

    def signing_key(self) -> str:
        """Return the key that signs sessions; the first start makes one that only the owner can read."""
        if self.secret_key:
            return self.secret_key.get_secret_value()
        path = self.data_dir / "secret.key"
        self.data_dir.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text("ascii").strip()
        with os.fdopen(descriptor, "w") as file:
            file.write(key := secrets.token_hex(32))
        return key


def read_settings(**given: object) -> Settings:
    """Read the settings; what is `given` wins over the environment and the file.

    Raises:
        BadPack: a setting is unknown or has an impossible value; the message names each one and its fix.
    """
    named = os.environ.get("ZHIYIN_CONFIG")
    if named and not Path(named).is_file():
        raise BadPack(f"ZHIYIN_CONFIG names {named}, and there is no such file")
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadPack(f"the settings file is no TOML: {error}; mend it or unset ZHIYIN_CONFIG") from None
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        raise BadPack(f"the settings cannot be used: {wrong} (see `zhiyin settings`)") from None
