"""Settings are checked before anything starts, and secrets are never shown."""

import stat
from pathlib import Path

import pytest

from zhiyin.app.assemble import assemble
from zhiyin.app.main import AppDoors
from zhiyin.app.serve import serve
from zhiyin.app.settings import read_settings
from zhiyin.errors import BadPack


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "zhiyin.toml"
    file.write_text('port = 9001\nlanguage = "en"\n')
    monkeypatch.setenv("ZHIYIN_CONFIG", str(file))
    monkeypatch.setenv("ZHIYIN_PORT", "9002")
    settings = read_settings()
    assert (settings.port, settings.language) == (9002, "en")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "70000"),
        ("database_url", "mysql://x"),
        ("model_url", "localhost:8080"),
        ("answer_from", "1.5"),
        ("workers", "none"),
    ],
)
def test_an_impossible_value_names_the_setting(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"ZHIYIN_{name.upper()}", value)
    with pytest.raises(BadPack, match=name):
        read_settings()


def test_an_unknown_setting_in_the_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "zhiyin.toml"
    file.write_text("prot = 9001\n")
    monkeypatch.setenv("ZHIYIN_CONFIG", str(file))
    with pytest.raises(BadPack, match="prot"):
        read_settings()


def test_secrets_are_masked_wherever_settings_are_shown() -> None:
    settings = read_settings(model_key="sk-very-secret", secret_key="k" * 40, master_key="m" * 40)
    shown = " ".join(value for _, value, _ in AppDoors().settings(model_key="sk-very-secret", secret_key="k" * 40))
    for secret in ("sk-very-secret", "k" * 40, "m" * 40):
        assert secret not in repr(settings)
        assert secret not in shown


def test_a_wrong_secret_is_not_repeated_in_the_error() -> None:
    with pytest.raises(BadPack) as caught:
        read_settings(model_key="sk-very-secret", port="x")
    assert "sk-very-secret" not in str(caught.value)


def test_the_signing_key_is_made_once_and_is_the_owners_alone(tmp_path: Path) -> None:
    settings = read_settings(data_dir=tmp_path)
    assert settings.signing_key() == settings.signing_key()
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600


def test_several_workers_want_postgresql(tmp_path: Path) -> None:
    with pytest.raises(BadPack, match="need PostgreSQL"):
        serve(read_settings(data_dir=tmp_path, workers=2, database_url=""), pack=None)


async def test_thresholds_that_contradict_each_other_stop_the_start(tmp_path: Path) -> None:
    with pytest.raises(BadPack, match="clarify_from"):
        async with assemble(read_settings(data_dir=tmp_path, answer_from=0.3, clarify_from=0.6)):
            pass


async def test_tracing_without_the_extra_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(BadPack, match=r"zhiyin\[trace\]"):
        async with assemble(read_settings(data_dir=tmp_path, trace_url="http://127.0.0.1:4318/v1/traces")):
            pass
