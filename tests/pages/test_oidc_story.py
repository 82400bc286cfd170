"""In a real browser, with a real provider on another address: what only a browser can refuse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from fleet_manager.adapters.db.accounts import SqlAccounts
from fleet_manager.adapters.http import i18n
from fleet_manager.adapters.http.provider import ProviderDesk
from fleet_manager.adapters.oidc.provider import Client, OidcProvider
from fleet_manager.application.ports import Account
from fleet_manager.application.provider_log_in import GroupRule, LogInByProvider
from fleet_manager.domain.ids import AccountId, StationId
from fleet_manager.domain.messages import Role
from tests.adapters.oidc import provider as known
from tests.live.hospital import free_port
from tests.pages.conftest import RunningSite, running_site
from tests.pages.languages import told_in
from tests.pages.people import PHONE, Person

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORDS = i18n.load()
RULES = (GroupRule('nurses-surgery', Role.WARD, (StationId('n2w'),)),)


@dataclass
class House:
    site: RunningSite
    provider: known.Provider
    kept: SqlAccounts


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    port = free_port()
    url = f'http://127.0.0.1:{port}'
    monkeypatch.setattr(known, 'REDIRECT', f'{url}/oidc/callback')
    kept = SqlAccounts(f'sqlite:///{tmp_path / "accounts.db"}')
    kept.create(
        Account(AccountId('chen'), '陈洁', 'desk', None, personal=True), secret='a long secret'
    )
    with known.running() as provider:
        client = Client(
            provider.issuer, known.CLIENT, known.SECRET, known.REDIRECT, f'{url}/login'
        )
        use = LogInByProvider(kept, kept, RULES)
        desk = ProviderDesk(OidcProvider(client), kept, use)
        with running_site(robots=1, port=port, provider=desk, accounts=kept, audit=kept) as site:
            yield House(site, provider, kept)
    kept.close()


def fits(person: Person) -> None:
    """No sideways scrolling, and nothing axe objects to."""
    assert person.page.evaluate('document.documentElement.scrollWidth') <= PHONE['width']
    assert person.violations() == []


@pytest.mark.parametrize('lang', told_in('en'))
def test_people_log_in_link_confirm_and_log_out_by_the_provider(
    browser: Browser, house: House, pictures: Path, lang: str
) -> None:
    t, provider = WORDS[lang], house.provider
    person = Person(browser, house.site, lang=lang)
    person.go('/login')
    fits(person)
    person.picture(pictures, f'{lang}-oidc-login')
    provider.user = known.User(groups=['choir'])
    person.page.click('a[href^="/oidc/start"]')
    person.expect_text('#problem', t('login.provider.no_group', phone=8000))
    person.picture(pictures, f'{lang}-oidc-no-group')
    provider.user = known.User()
    person.page.click('a[href^="/oidc/start"]')
    person.page.wait_for_url('**/ward')
    person.go('/me')
    fits(person)
    person.picture(pictures, f'{lang}-oidc-me')
    person.go('/confirm?next=/me')
    fits(person)
    person.page.click('a[href^="/oidc/confirm"]')
    person.page.wait_for_url('**/me')
    person.page.click('footer button')
    person.page.wait_for_url('**/login?why=out')
    person.expect_text('main', t('login.provider.leave'))
    fits(person)
    person.picture(pictures, f'{lang}-oidc-out')

    # a form of ours leads to another address: the policy of our pages must not stand in the way
    person.sign_in('chen', 'a long secret')
    person.go('/me')
    provider.user = known.User('u-2', 'chen.jie', '陈洁')
    person.page.click('form[action="/oidc/link"] button')
    person.page.wait_for_url('**/me?done=linked')
    person.expect_text('.notice', t('me.provider.done'))
    linked = house.kept.by_identity(provider.issuer, 'u-2')
    assert linked is not None
    assert linked.id == 'chen'
