"""In a real browser, over a whole manager: accounts, badges, sessions, keys, audit, records."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from fleet_manager.adapters.http import i18n
from fleet_manager.application.people import FRESH_MS
from fleet_manager.entry.first_run import ADMIN
from tests.entry.serving import SECRET
from tests.pages.conftest import Office
from tests.pages.languages import told_in
from tests.pages.people import PHONE, Nurse, Person

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORDS = i18n.load()
DESK = {'width': 1280, 'height': 900}


def fits(person: Person, width: int) -> None:
    """No sideways scrolling, and nothing axe objects to."""
    assert person.page.evaluate('document.documentElement.scrollWidth') <= width
    assert person.violations() == []


def cancelled(browser: Browser, office: Office, station: str, lang: str) -> str:
    """A station asks for a drug and cancels it; return the number of the delivery."""
    nurse = Nurse(browser, office.site, station, lang=lang)
    number = nurse.ask('drug', 'pharmacy').rsplit('/', 1)[1]
    nurse.page.click('form[action$="/cancel"] button')
    nurse.expect_text('.says', WORDS[lang]('delivery.says.cancelled'))
    nurse.close()
    return number


@pytest.mark.parametrize('lang', told_in('en'))
def test_an_account_gets_a_badge_is_disabled_in_the_middle_and_gets_a_new_pin(
    browser: Browser, office: Office, pictures: Path, lang: str
) -> None:
    t, name = WORDS[lang], f'li.na.{lang.lower()}'
    badge, admin = f'BADGE-0-{lang}', Person(browser, office.site, lang=lang, viewport=DESK)
    admin.sign_in(ADMIN, office.site.pins[ADMIN])
    admin.go('/me')
    admin.page.click('a[href="/accounts"]')
    admin.page.fill('#name', name)
    admin.page.fill('#label', '李娜 Li Na')
    admin.page.select_option('#role', 'ward')
    admin.page.select_option('#station1', 'n2w')
    admin.picture(pictures, f'{lang}-accounts')
    admin.page.click('button.primary')
    admin.expect_text('.notice', t('accounts.secret_once'))
    fits(admin, DESK['width'])
    admin.page.fill('#code', badge)
    admin.page.keyboard.press('Enter')
    admin.expect_text('main', t('badges.one', number=1))
    admin.picture(pictures, f'{lang}-account')

    nurse = Person(browser, office.site, lang=lang)
    nurse.go('/login')
    nurse.page.locator('summary').last.click()
    nurse.page.fill('#code', badge)
    nurse.page.keyboard.press('Enter')
    nurse.page.wait_for_url('**/ward')
    nurse.go('/ward/new?goods=drug&way=fetch&other=pharmacy')
    admin.page.click('form[action$="/disable"] button')
    admin.expect_text('.tag', t('accounts.disabled'))
    nurse.page.click('button.primary')
    nurse.expect_text('.notice', t('login.why_disabled', phone=8000))
    nurse.picture(pictures, f'{lang}-disabled')
    fits(nurse, PHONE['width'])

    admin.page.click('form[action$="/enable"] button')
    admin.page.click('form[action$="/secret"] button')
    pin = admin.page.inner_text('.secret')
    admin.page.click('form[action*="/badges/"] button')
    admin.expect_text('main', t('badges.none'))
    nurse.sign_in(name, pin)
    assert nurse.page.url.endswith('/ward')
    second = Person(browser, office.site, lang=lang)
    second.sign_in(name, pin)
    nurse.go('/me')
    expect(nurse.page.locator('form[action^="/me/sessions/"]')).to_have_count(1)
    nurse.picture(pictures, f'{lang}-me')
    nurse.page.click('form[action^="/me/sessions/"] button')
    expect(nurse.page.locator('form[action^="/me/sessions/"]')).to_have_count(0)
    second.go('/ward')
    assert '/login' in second.page.url, 'the other phone is logged out'
    for person in (nurse, second, admin):
        person.close()


@pytest.mark.parametrize('lang', told_in('zh-CN'))
def test_what_is_dangerous_asks_for_the_secret_again_and_a_key_is_shown_once(
    browser: Browser, office: Office, pictures: Path, lang: str
) -> None:
    t = WORDS[lang]
    admin = Person(browser, office.site, lang=lang, viewport=DESK)
    admin.sit(office.token(ADMIN, ago=FRESH_MS + 1_000))
    admin.go('/keys')
    admin.expect_text('h1', t('confirm.title'))
    admin.page.fill('#secret', 'wrong')
    admin.page.click('button.primary')
    admin.expect_text('#problem', t('login.wrong', phone=8000)[:8])
    admin.picture(pictures, f'{lang}-confirm')
    admin.page.fill('#secret', office.site.pins[ADMIN])
    admin.page.click('button.primary')
    admin.page.wait_for_url('**/keys')
    admin.page.fill('#label', f'HIS {lang}')
    admin.page.locator('.tick input').first.check()
    admin.page.click('button.primary')
    admin.expect_text('.notice', t('keys.once'))
    admin.picture(pictures, f'{lang}-keys')
    fits(admin, DESK['width'])
    bearer = {'authorization': f'Bearer {admin.page.inner_text(".secret")}'}
    program = browser.new_context().request
    assert program.get(f'{office.site.url}/api/v1/deliveries', headers=bearer).ok
    admin.go('/keys')
    expect(admin.page.locator('.secret')).to_have_count(0)
    admin.page.locator('li', has_text=f'HIS {lang}').locator('button').click()
    admin.expect_text('main', t('keys.revoked'))
    answer = program.get(f'{office.site.url}/api/v1/deliveries', headers=bearer)
    assert answer.status == 401
    program.dispose()
    admin.close()


@pytest.mark.parametrize('lang', told_in('en'))
def test_an_auditor_reads_who_did_what_and_who_had_a_parcel_and_changes_nothing(
    browser: Browser, office: Office, pictures: Path, tmp_path: Path, lang: str
) -> None:
    t = WORDS[lang]
    number = cancelled(browser, office, 'n3w', lang)
    auditor = Person(browser, office.site, lang=lang, viewport=DESK)
    auditor.sign_in('own-auditor', SECRET)
    auditor.go('/audit')
    auditor.page.fill('#who', 'n3w')
    auditor.page.select_option('#deed', 'CancelDelivery')
    auditor.page.click('button.primary')
    auditor.expect_text('tbody tr', number)
    said = auditor.page.locator('tbody td:nth-child(3)').all_inner_texts()
    assert set(said) == {t('audit.deed.CancelDelivery')}
    auditor.picture(pictures, f'{lang}-audit')
    fits(auditor, DESK['width'])
    with auditor.page.expect_download() as wanted:
        auditor.page.click('a[href^="/audit.csv"]')
    wanted.value.save_as(tmp_path / 'audit.csv')
    lines = (tmp_path / 'audit.csv').read_text('utf-8-sig').splitlines()
    assert [number in line for line in lines[1:]].count(True) == 1
    auditor.go('/reports')
    auditor.expect_text('h1', t('reports.title'))
    auditor.picture(pictures, f'{lang}-reports')
    fits(auditor, DESK['width'])
    auditor.page.click('a[href="/custody"]')
    auditor.page.fill('#delivery', number)
    auditor.picture(pictures, f'{lang}-records')
    for form, begins in (('pdf', b'%PDF'), ('csv', b'\xef\xbb\xbf')):
        with auditor.page.expect_download() as wanted:
            auditor.page.click(f'button[value={form}]')
        wanted.value.save_as(tmp_path / form)
        assert (tmp_path / form).read_bytes().startswith(begins)
    assert number in (tmp_path / 'csv').read_text('utf-8-sig')
    for path in ('/accounts', '/keys', '/ward'):
        auditor.go(path)
        auditor.expect_text('h1', t('error.title.403'))
    auditor.close()


@pytest.mark.parametrize('lang', told_in('zh-CN'))
def test_an_administrator_has_a_delivery_held_and_released_and_the_auditor_reads_it(
    browser: Browser, office: Office, pictures: Path, lang: str
) -> None:
    t = WORDS[lang]
    number = cancelled(browser, office, 'n3e', lang)
    admin = Person(browser, office.site, lang=lang)
    admin.sit(office.token(ADMIN))
    admin.go('/retention')
    admin.page.fill('#delivery', 'D999999')
    admin.page.fill('#why', '4711')
    admin.page.click('form[action="/retention/holds"] button')
    admin.expect_text('#problem', t('retention.problem.unknown_delivery'))
    assert admin.page.input_value('#why') == '4711'
    admin.page.fill('#delivery', number.lower())
    admin.page.click('form[action="/retention/holds"] button')
    held = admin.page.locator('.cards li', has_text=number)
    expect(held).to_contain_text('4711', timeout=30_000)
    admin.picture(pictures, f'{lang}-retention')
    fits(admin, PHONE['width'])
    auditor = Person(browser, office.site, lang=lang, viewport=DESK)
    auditor.sit(office.token('own-auditor'))
    auditor.go('/audit')
    auditor.page.click('a[href="/retention"]')
    auditor.expect_text('main', number)
    expect(auditor.page.locator('main form')).to_have_count(0)
    auditor.picture(pictures, f'{lang}-retention-auditor')
    fits(auditor, DESK['width'])
    held.get_by_role('button').click()
    admin.expect_text('main', t('retention.no_holds'))
    auditor.close()
    admin.close()
