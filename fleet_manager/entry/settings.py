"""Settings: defaults that are safe, overridden by `FLEET_…` variables or the command line."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Final, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, FilePath, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from fleet_manager.adapters.oidc.addresses import origin_of, problem_of_address
from fleet_manager.domain.deliveries.meals import USUAL_TIMES, meal_times

#: The hospitals that come with the program.
SHIPPED_MAPS: Final = Path(__file__).resolve().parents[2] / 'maps'
#: Where a machine keeps its time zone.
LOCAL_ZONE: Final = Path('/etc/localtime')
#: The hospital days that come with the program.
SHIPPED_SCENARIOS: Final = SHIPPED_MAPS.parent / 'scenarios'
#: Days that personal data is kept at most, and by law at least.
MAX_DAYS: Final = 36_525
THREE_YEARS: Final = 1_096
SIX_MONTHS: Final = 183


class Settings(BaseSettings):
    """How one manager runs. Every field can be set as `FLEET_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix='FLEET_', extra='forbid')

    hospital: Path = Field(SHIPPED_MAPS / 'small_hospital', description='folder of the hospital')
    state_dir: Path = Field(Path('.fleet'), description='where journal and accounts are kept')
    database_url: str = Field('', description='SQLAlchemy URL; empty = SQLite in the state folder')
    host: str = Field('127.0.0.1', description='address the pages listen on')
    port: int = Field(8080, ge=1, le=65535, description='port the pages listen on')
    robots: int | None = Field(None, ge=1, le=1000, description='use only the first N robots')
    ros: bool = Field(True, description='connect robots, lifts and doors over ROS 2')
    simulated_staff_per_hour: float = Field(
        0.0, ge=0.0, le=3600.0, description='deliveries simulated people ask for; 0 = nobody'
    )
    sim_speed: float = Field(
        0.0, ge=0.0, le=20.0, description='follow /clock of a simulation of this speed; 0 = real'
    )
    snapshot_every: int = Field(
        2_000, ge=1, description='journal lines between two snapshots; a start reads the rest'
    )
    tls_certificate: FilePath | None = Field(None, description='PEM file; needed beyond loopback')
    tls_key: FilePath | None = Field(None, description='PEM file of the certificate')
    origins: tuple[str, ...] = Field((), description='further addresses people type')
    hl7_port: int = Field(
        0, ge=0, le=65535, description='port on 127.0.0.1 for HL7 v2 orders over MLLP; 0 = none'
    )
    integration: FilePath | None = Field(
        None, description='codes of other systems; see docs/integration.md'
    )
    report_days: int = Field(31, ge=1, le=400, description='days that reports look back')
    cost_robot_hour: float = Field(0.0, ge=0.0, le=1e6, description='cost of a robot hour')
    cost_porter_hour: float = Field(0.0, ge=0.0, le=1e6, description='cost of a porter hour')
    cost_currency: str = Field('', max_length=8, description='currency of costs, such as CNY')
    time_zone: str = Field(
        '', description='clock of the walls, as Asia/Shanghai; empty = the clock of this machine'
    )
    meal_cut_off_min: int = Field(
        120, ge=0, le=720, description='minutes before a meal until which wards order it'
    )
    meal_times: str = Field(
        USUAL_TIMES, description='when meals come to the wards; a meal left out is not served'
    )
    retention_hour: int = Field(
        3, ge=0, le=23, description='hour of the day at which old personal data is erased'
    )
    retention_names_days: int = Field(365, le=MAX_DAYS, description='days names are kept')
    retention_texts_days: int = Field(90, le=MAX_DAYS, description='days notes are kept')
    retention_codes_days: int = Field(90, le=MAX_DAYS, description='days barcodes are kept')
    retention_waste_days: int = Field(1_096, le=MAX_DAYS, description='days for medical waste')
    retention_controlled_days: int = Field(
        1_827, le=MAX_DAYS, description='days for controlled drugs'
    )
    retention_audit_days: int = Field(365, le=MAX_DAYS, description='days of the audit list')
    retention_accounts_days: int = Field(
        90, ge=1, le=MAX_DAYS, description='days until a disabled account is erased'
    )
    webhook_networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = Field(
        (), description='networks inside that webhooks may go to, also without TLS'
    )
    oidc_issuer: str = Field(
        '', description='OpenID provider people log in by, as it names itself; empty = none'
    )
    oidc_client_id: str = Field('', max_length=200, description='our name at the provider')
    oidc_client_secret_file: FilePath | None = Field(
        None, description='file with our secret there'
    )
    oidc_address: str = Field(
        '',
        description='address people type, as https://fleet.local: the provider sends them there',
    )
    oidc_groups: FilePath | None = Field(
        None, description='roles and stations by group; see docs/oidc.md'
    )
    oidc_groups_claim: str = Field(
        'groups', min_length=1, max_length=200, description='claim with the groups of a person'
    )
    oidc_scopes: str = Field(
        'openid profile', pattern=r'^openid( [\x21\x23-\x5b\x5d-\x7e]+)*$', max_length=200,
        description='what the provider is asked for',
    )  # fmt: skip
    oidc_clock_skew_s: int = Field(
        60, ge=0, le=300, description='by how much the clock of the provider may differ'
    )
    oidc_name: str = Field('', max_length=40, description='what people call their account there')
    log_level: str = Field('info', pattern='^(debug|info|warning|error)$')
    log_json: bool = Field(False, description='log JSON lines')

    @model_validator(mode='after')
    def _closed_by_default(self) -> Self:
        if not is_loopback(self.host) and (self.tls_certificate is None or self.tls_key is None):
            raise ValueError(
                f'host {self.host} is reachable from outside: give tls_certificate and tls_key, '
                'or keep 127.0.0.1 behind a proxy that does'
            )
        return self

    @field_validator('retention_names_days', 'retention_texts_days', 'retention_codes_days')
    @classmethod
    def _long_enough_to_ask(cls, value: int) -> int:
        if value < 7:
            raise ValueError('at least seven days: people ask about a delivery that went wrong')
        return value

    @field_validator('retention_waste_days', 'retention_controlled_days')
    @classmethod
    def _three_years(cls, value: int) -> int:
        if value < THREE_YEARS:
            raise ValueError(
                f'at least {THREE_YEARS}: records of medical waste and of controlled drugs are '
                'kept for three years by law'
            )
        return value

    @field_validator('retention_audit_days')
    @classmethod
    def _six_months(cls, value: int) -> int:
        if value < SIX_MONTHS:
            raise ValueError(
                f'at least {SIX_MONTHS}: logs of access are kept for six months by law'
            )
        return value

    @model_validator(mode='after')
    def _whole_provider(self) -> Self:
        needed = {
            'oidc_client_id': self.oidc_client_id,
            'oidc_client_secret_file': self.oidc_client_secret_file,
            'oidc_address': self.oidc_address,
            'oidc_groups': self.oidc_groups,
        }
        given = [name for name, value in needed.items() if value]
        if not self.oidc_issuer and given:
            raise ValueError(f'{given[0]} is given without oidc_issuer: give both, or neither')
        missing = [name for name in needed if name not in given]
        if self.oidc_issuer and missing:
            raise ValueError(
                f'oidc_issuer needs {" and ".join(missing)} as well: see docs/oidc.md'
            )
        return self

    @field_validator('oidc_issuer', 'oidc_address')
    @classmethod
    def _safe_address(cls, value: str) -> str:
        problem = problem_of_address(value) if value else ''
        if problem:
            raise ValueError(f'{value[:100]!r} {problem}')
        return value

    @field_validator('oidc_address')
    @classmethod
    def _only_an_origin(cls, value: str) -> str:
        origin = value.rstrip('/')
        if value and origin != origin_of(value):
            raise ValueError(f'{value[:100]!r} has a path: give {origin_of(value)}')
        return origin

    @field_validator('time_zone')
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value:
            try:
                ZoneInfo(value)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                raise ValueError(
                    f'{value[:40]} is no time zone known here: use one as Asia/Shanghai'
                ) from None
        return value

    @field_validator('meal_times')
    @classmethod
    def _possible_meals(cls, value: str) -> str:
        meal_times(value)
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the walls; of this machine where none is set, UTC where it has none."""
        if self.time_zone:
            return ZoneInfo(self.time_zone)
        try:
            with LOCAL_ZONE.open('rb') as file:
                return ZoneInfo.from_file(file, key='localtime')
        except (OSError, ValueError):
            return ZoneInfo('UTC')

    @property
    def journal_url(self) -> str:
        """Where state and journal are."""
        return self.database_url or f'sqlite:///{self.state_dir.resolve() / "fleet.db"}'

    @property
    def accounts_url(self) -> str:
        """Where accounts are: a file of their own, or the same server."""
        return self.database_url or f'sqlite:///{self.state_dir.resolve() / "accounts.db"}'

    @property
    def books_url(self) -> str:
        """Where the books of the stores are: a file of their own, or the same server."""
        return self.database_url or f'sqlite:///{self.state_dir.resolve() / "books.db"}'

    @property
    def ward_url(self) -> str:
        """Where wards keep favourites, timetables and meals: a file of its own, or the server."""
        return self.database_url or f'sqlite:///{self.state_dir.resolve() / "ward.db"}'

    @property
    def desk_url(self) -> str:
        """Where the panels of robots are: a file of their own, or the same server."""
        return self.database_url or f'sqlite:///{self.state_dir.resolve() / "desk.db"}'

    @property
    def retention_url(self) -> str:
        """Where holds and runs of the retention are: a file of their own, or the same server."""
        return self.database_url or f'sqlite:///{self.state_dir.resolve() / "retention.db"}'

    @property
    def webhooks_url(self) -> str:
        """Where subscriptions are: a file of their own, or the same server."""
        return self.database_url or f'sqlite:///{self.state_dir.resolve() / "webhooks.db"}'

    @property
    def simulated(self) -> bool:
        """Whether the building is a simulation, for trying things out."""
        return self.sim_speed > 0

    @property
    def secure(self) -> bool:
        """Whether pages are served over TLS."""
        return self.tls_certificate is not None


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    if host == 'localhost':
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
