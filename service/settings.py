"""The settings: read once, from the environment and the options of the command line, and never changed afterwards."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_address, ip_network
from pathlib import Path

from service.vault import MASTER_KEY_FILE, create_master_key, load_master_key, parse_master_key

PREFIX = "HUIYING_"
LEVELS = ("debug", "info", "warning", "error")
LANGUAGES = ("zh", "en")
NONE = "none"
PREFIX_WORD = re.compile(r"[A-Za-z\u4e00-\u9fff]{1,10}")
PUBLIC_URL = re.compile(r"https?://[\w.:\[\]-]+(?:/[\w./-]*)?", re.ASCII)
OIDC_ISSUER = re.compile(r"(?:https://[\w.:\[\]-]+|http://(?:127\.0\.0\.1|localhost)(?::\d+)?)(?:/[\w./-]*)?", re.ASCII)
"""Plain http only on this machine itself: the tokens would travel readable."""


class BadSetting(ValueError):
    """A setting that cannot be used; names the variable and what would be right, never the value."""

    def __init__(self, name: str, right: str) -> None:
        """`right` says what the setting takes."""
        super().__init__(f"{PREFIX}{name.upper()}: {right}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Each field is the environment variable `HUIYING_` + its name in capitals. Times in seconds, sizes in bytes.

    `data_dir`: the folder of everything that is kept. `database_url`: a PostgreSQL server of one's own; empty for the
    embedded one. `master_key`: base64 text, for those who keep it in a secret store; otherwise it stands in
    `master_key_file`, by default in the data folder. `max_body`: larger requests are refused. `wait_seconds`: how long
    a reader may wait for a write of their own to show. `connections`: for reading, per process. `max_lag`: by how many
    events a projection may be behind while the service calls itself ready. `due_soon_days`: for how many working days
    before it is due a task shows amber. `public_url`: where residents and staff reach the service, as it is printed for
    them, and where forms may come from; empty for the address that the desk itself was asked at. `trusted_proxies`:
    addresses and networks, with commas between them, whose word is taken on who asked, under which name, and whether
    over https; `none` for nobody's. `letters_dir`: the folder of the office's own templates of letters, by default
    `letters` in the data folder. `letter_prefix`: the office's word in the numbers of letters (机关代字, such as
    禾街信); empty for the office's code. `oidc_issuer`: the office's own identity provider (OpenID Connect), where this
    service is `oidc_client_id` with `oidc_client_secret`; empty for passwords alone. `oidc_claim`: the claim that holds
    the id of a member of staff. `runner_nice`: by how much the process that feeds the projections stands back where
    processors are short (0 to 19, as `nice`).
    """

    data_dir: Path = Path("data")
    database_url: str = field(default="", repr=False)
    master_key: str = field(default="", repr=False)
    master_key_file: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    log_level: str = "info"
    log_file: Path | None = None
    language: str = "zh"
    max_body: int = 1 << 20
    wait_seconds: float = 2.0
    connections: int = 8
    max_lag: int = 10_000
    due_soon_days: int = 2
    public_url: str = ""
    trusted_proxies: str = "127.0.0.1,::1"
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)
    oidc_claim: str = "preferred_username"
    letters_dir: Path | None = None
    letter_prefix: str = ""
    runner_nice: int = 5

    def __post_init__(self) -> None:
        """Refuse what cannot work. Raises `BadSetting`."""
        _within("port", self.port, 0, 65535)
        _within("workers", self.workers, 1, 64)
        _within("max_body", self.max_body, 1024, 1 << 30)
        _within("wait_seconds", self.wait_seconds, 0, 60)
        _within("connections", self.connections, 1, 200)
        _within("max_lag", self.max_lag, 1, 1 << 40)
        _within("runner_nice", self.runner_nice, 0, 19)
        _within("due_soon_days", self.due_soon_days, 0, 30)
        if self.public_url and not PUBLIC_URL.fullmatch(self.public_url):
            raise BadSetting("public_url", "must be an address such as https://huiying.example.gov.cn")
        if self.letter_prefix and not PREFIX_WORD.fullmatch(self.letter_prefix):
            raise BadSetting("letter_prefix", "must be one to ten letters or Chinese characters")
        if self.oidc_issuer and not OIDC_ISSUER.fullmatch(self.oidc_issuer):
            raise BadSetting("oidc_issuer", "must be an https address such as https://id.example.gov.cn/realm")
        if self.oidc_issuer and not self.oidc_client_id:
            raise BadSetting("oidc_client_id", "must be set together with HUIYING_OIDC_ISSUER")
        try:
            _ = [ip_network(one) for one in self.proxies]
        except ValueError:
            raise BadSetting("trusted_proxies", "must be addresses such as 10.0.0.5 or 10.0.0.0/24, or none") from None
        _one_of("log_level", self.log_level, LEVELS)
        _one_of("language", self.language, LANGUAGES)

    @property
    def proxies(self) -> tuple[str, ...]:
        """The proxies that are trusted, each an address or a network; `none` is none."""
        named = (one.strip() for one in self.trusted_proxies.split(","))
        return () if self.trusted_proxies == NONE else tuple(one for one in named if one)

    @property
    def for_this_machine_only(self) -> bool:
        """Whether it listens where nobody else can knock."""
        try:
            return self.host == "localhost" or ip_address(self.host).is_loopback
        except ValueError:
            return False

    @classmethod
    def read(cls, environment: Mapping[str, str], **given: object) -> Settings:
        """Settings from the environment; what is `given` (and not None) goes before. Raises `BadSetting`."""
        values: dict[str, object] = {}
        for one in fields(cls):
            text = environment.get(PREFIX + one.name.upper(), "")
            if given.get(one.name) is not None:
                values[one.name] = given[one.name]
            elif text:
                values[one.name] = _converted(one.name, text)
        return cls(**values)  # type: ignore[arg-type]

    def environment(self) -> dict[str, str]:
        """The same settings as variables, for a child process."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {PREFIX + name.upper(): str(value) for name, value in values.items() if value not in {None, ""}}

    def read_master_key(self) -> bytes:
        """The master key; made in the data folder where none is named and none is there yet.

        Raises `service.vault.NoMasterKey` for one that is named but missing, malformed, or open to others.
        """
        if self.master_key:
            return parse_master_key(self.master_key)
        if self.master_key_file is not None:
            return load_master_key(self.master_key_file)
        return create_master_key(self.data_dir / MASTER_KEY_FILE)


WHOLE = ("port", "workers", "max_body", "connections", "max_lag", "due_soon_days", "runner_nice")
NUMBERS = {**dict.fromkeys(WHOLE, int), "wait_seconds": float}
PATHS = frozenset({"data_dir", "letters_dir", "master_key_file", "log_file"})


def _converted(name: str, text: str) -> object:
    if name in PATHS:
        return Path(text)
    try:
        return NUMBERS.get(name, str)(text)
    except ValueError:
        raise BadSetting(name, "must be a number") from None


def _within(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise BadSetting(name, f"must be a number from {least} to {most}")


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise BadSetting(name, f"must be one of {', '.join(known)}")
