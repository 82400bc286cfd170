"""In a real browser: a list from a spreadsheet, one tap for more, what is in it, its label."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from playwright.sync_api import Browser, expect

from fleet_manager.adapters.db.books import SqlBooks
from fleet_manager.adapters.http import i18n
from tests.pages.conftest import QUICK, RunningSite, running_site
from tests.pages.languages import told_in
from tests.pages.people import PHONE, Nurse

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORDS = i18n.load()
LIST = (
    'code,name_zh,name_en,goods,unit,station,lot,expires,count,warning,target,source\n'
    'SAL-{lang},生理盐水,Saline,drug,瓶,pharmacy,A,2099-03-31,30,,,\n'
)
LINE = 'code,station,warning,target,source\nSAL-{lang},n2w,5,12,pharmacy\n'


@pytest.fixture(scope='module')
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """Return pages with books behind them."""
    books = SqlBooks(f'sqlite:///{tmp_path_factory.mktemp("books") / "books.db"}')
    with running_site(speed=QUICK, books=books) as site:
        yield site
    books.close()


@pytest.mark.parametrize('lang', told_in('zh-CN'))
def test_a_list_is_imported_and_what_is_low_is_asked_for_with_one_tap(
    browser: Browser, stocked: RunningSite, pictures: Path, tmp_path: Path, lang: str
) -> None:
    t = WORDS[lang]
    for station, text in (('pharmacy', LIST), ('n2w', LINE)):
        file = tmp_path / f'{station}.csv'
        file.write_text(text.format(lang=lang), 'gb18030')
        keeper = Nurse(browser, stocked, station, lang=lang)
        keeper.go('/stores/import')
        keeper.page.set_input_files('#file', file)
        expect(keeper.page.locator('#csv')).to_have_value(text.format(lang=lang))
        keeper.page.click('button.primary')
        keeper.expect_text('[role=status]', t('stores.imported', items=1, counts=0)[:4])
        keeper.close()
    nurse = Nurse(browser, stocked, 'n2w', lang=lang)
    nurse.page.click('a[href="/stores"]')
    row = nurse.page.locator('.proposal', has_text=f'SAL-{lang}')
    nurse.picture(pictures, f'{lang}-stores')
    assert nurse.page.evaluate('document.documentElement.scrollWidth') <= PHONE['width']
    assert nurse.violations() == []
    row.get_by_role('button', name=t('stores.accept'), exact=True).click()
    nurse.page.wait_for_url('**/deliveries/*')
    address = nurse.page.url
    nurse.page.click('a[href$="/contents"]')
    nurse.page.fill('#item', f'SAL-{lang}')
    nurse.page.fill('#count', '12')
    nurse.page.click('button.primary')
    nurse.expect_text('.lots', f'12 {"瓶"}')
    nurse.go(address.removeprefix(stocked.url) + '/labels')
    assert nurse.violations() == []
    made = nurse.page.request.get(f'{address}/labels?form=pdf&paper=60x40')
    image = pypdfium2.PdfDocument(made.body())[0].render(scale=203 / 72).to_pil()
    assert [code.text for code in zxingcpp.read_barcodes(image)] == [address]
    nurse.close()
