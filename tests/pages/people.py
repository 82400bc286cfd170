"""People with a phone or a desk, who tap what they see."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from fleet_manager.application.ports import Account
from fleet_manager.domain.ids import AccountId
from tests.pages.conftest import RunningSite
from tests.pages.stand_in import now

#: The program that looks for faults; put into a page once.
AXE = Axe().axe_script
PHONE = {'width': 360, 'height': 740}


class Person:
    """A browser of one's own. `taps` counts what a finger does; typing is not a tap."""

    def __init__(self, browser: Browser, site: RunningSite, *, lang: str, **how: Any) -> None:
        self.site = site
        settings = {'viewport': PHONE, 'locale': lang} | how
        self.context = browser.new_context(**settings)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.problems: list[str] = []
        self.page.on('pageerror', lambda error: self.problems.append(str(error)))
        self.page.on('console', self._console)
        self.taps = 0

    def sign_in(self, name: str, secret: str) -> None:
        """Log in with a name of one's own."""
        self.go('/login')
        self.page.locator('summary').first.click()
        self.page.fill('#name', name)
        self.page.fill('#password', secret)
        self.page.locator('details[open] form button').click()
        self.page.wait_for_url(lambda url: '/login' not in url)

    def sit(self, token: str) -> None:
        """Be logged in already."""
        self.context.add_cookies([{'name': 'session', 'value': token, 'url': self.site.url}])

    def tap(self, selector: str) -> None:
        self.taps += 1
        self.page.locator(selector).first.click()

    def go(self, path: str) -> None:
        self.page.goto(self.site.url + path)

    def expect_text(self, selector: str, text: str, *, patient: bool = False) -> None:
        timeout = self.site.patience * 1_000 if patient else 30_000
        expect(self.page.locator(selector).first).to_contain_text(text, timeout=timeout)

    def wait(self, selector: str) -> None:
        """Wait as long as a robot may take."""
        try:
            self.page.locator(selector).first.wait_for(timeout=self.site.patience * 1_000)
        except PlaywrightTimeout:
            entities = self.state()['entities']
            seen = {kind: entities.get(kind) for kind in ('delivery', 'robot', 'lift')}
            raise AssertionError(f'no {selector} on {self.page.url}: {seen}') from None

    def picture(self, folder: Path, name: str) -> None:
        self.page.screenshot(path=str(folder / f'{name}.png'), full_page=True)

    def violations(self, *, only: tuple[str, ...] = ()) -> list[str]:
        """Return what axe finds wrong with the page, by rule; `only` some rules are quicker."""
        how = {'resultTypes': ['violations']} | ({'runOnly': list(only)} if only else {})
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE)
        found = self.page.evaluate('(how) => axe.run(how)', how)['violations']
        return [f'{one["id"]}: {one["nodes"][0]["html"][:120]}' for one in found]

    def state(self) -> Any:
        """Return the picture of the fleet as this person may see it."""
        return self.page.evaluate("fetch('/api/v1/state').then((answer) => answer.json())")

    def close(self) -> None:
        self.context.close()
        assert not self.problems

    def _console(self, message: Any) -> None:
        # a lost network and a refused PIN are written there by the browser itself
        of_the_browser = ('Failed to load resource', 'WebSocket connection')
        if message.type == 'error' and not any(text in message.text for text in of_the_browser):
            self.problems.append(message.text)


class Nurse(Person):
    """Ward staff, logged in; in a real hospital through the QR label of a station."""

    def __init__(self, browser: Browser, site: RunningSite, station: str, **how: Any) -> None:
        super().__init__(browser, site, **how)
        self.station = station
        if site.accounts is not None:
            account = AccountId(f'ward-{station}')
            self.sit(site.accounts.open_session(account, now=now()))
            self.go('/ward')
            return
        self.go(f'/r/{station}')
        self.page.fill('#pin', site.pins[station])
        self.page.locator('form[action="/login"] button').first.click()
        self.page.wait_for_url('**/ward')

    def ask(self, goods: str, other: str, *, note: str = '') -> str:
        """Ask for a delivery; return its address."""
        self.go(f'/ward/new?goods={goods}')
        self.page.click(f'a.choice[href$="other={other}"]')
        if note:
            self.page.click('summary')
            self.page.fill('#note', note)
        self.page.click('button.primary')
        self.page.wait_for_url('**/deliveries/*')
        return self.page.url

    def open_compartment(self) -> None:
        self.wait('#pin')
        self.page.fill('#pin', self.site.pins[self.station])
        self.page.click('form[action$="/open"] button')


class Staff(Person):
    """Somebody with an account of one's own who works for all stations: a porter, the desk."""

    def __init__(
        self, browser: Browser, site: RunningSite, role: str, start: str, **how: Any
    ) -> None:
        super().__init__(browser, site, **how)
        assert site.accounts is not None
        account = Account(AccountId(f'own-{role}'), role, role, None)
        site.accounts.create(account, secret='a long secret')
        self.sit(site.accounts.open_session(account.id, now=now()))
        self.go(start)


class Operator(Person):
    """Somebody at the wall map."""

    def __init__(self, browser: Browser, site: RunningSite, **how: Any) -> None:
        super().__init__(browser, site, **how)
        self.go('/login?next=/operator')
        self.page.fill('#name', site.operator_name)
        self.page.fill('#password', site.operator_password)
        self.page.click('details button')
        self.page.wait_for_url('**/operator')
        self.page.locator('.robot').first.wait_for()
