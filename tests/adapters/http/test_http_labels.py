"""The page where labels are chosen, and that only who may see a delivery may label it."""

from __future__ import annotations

import pypdfium2
import pytest
import zxingcpp

from tests.adapters.http.conftest import URL, Site


def test_a_label_is_chosen_printed_and_its_code_opens_the_delivery(site: Site) -> None:
    delivery, ward = site.delivery(), site.ward('pharmacy')
    assert f'href="/deliveries/{delivery}/labels"' in ward.get(f'/deliveries/{delivery}').text
    page = ward.get(f'/deliveries/{delivery}/labels')
    assert page.status_code == 200
    assert 'A4 sheet of 3 × 8' in page.text
    made = ward.get(f'/deliveries/{delivery}/labels?form=pdf&parcels=2&paper=60x40')
    assert made.headers['content-type'] == 'application/pdf'
    document = pypdfium2.PdfDocument(made.content)
    assert len(document) == 2
    code = zxingcpp.read_barcodes(document[1].render(scale=203 / 72).to_pil())[0].text
    assert code == f'{URL}/deliveries/{delivery}'
    text = document[1].get_textpage().get_text_bounded()
    assert '2/2' in text
    assert 'From Pharmacy PH' in text
    assert site.ward('n2w').get(code.removeprefix(URL)).status_code == 200


def test_there_are_as_many_labels_as_the_delivery_has_parcels(site: Site) -> None:
    delivery, operator = site.delivery(), site.operator()
    for known, many in (
        ({'details': {'codes': 'LAB-1 LAB-2 LAB-3'}, 'count': 7}, 3),
        ({'details': {}, 'count': 4}, 4),
        ({'details': {}, 'count': 0}, 1),
        ({'details': {}, 'count': 5_000}, 30),
    ):
        site.fleet._deliveries[delivery] |= known
        site.fleet.publish()
        path = f'/deliveries/{delivery}/labels'
        assert f'value="{many}" required' in operator.get(path).text
        assert operator.get(f'{path}?form=zpl-203').text.count('^XA') == many


def test_a_label_printers_file_is_downloaded(site: Site) -> None:
    made = site.operator().get(f'/deliveries/{site.delivery()}/labels?form=zpl-300')
    assert made.text.startswith('^XA')
    assert made.headers['content-disposition'].startswith('attachment; filename="labels-')


@pytest.mark.parametrize(
    'query', ['form=pdf&parcels=0', 'form=pdf&parcels=x', 'form=exe', 'paper=a0', 'parcels=31']
)
def test_what_cannot_be_printed_is_said(site: Site, query: str) -> None:
    assert site.ward().get(f'/deliveries/{site.delivery()}/labels?{query}').status_code == 422


def test_a_ward_labels_no_delivery_of_others(site: Site) -> None:
    path = f'/deliveries/{site.delivery()}/labels?form=pdf'
    assert site.ward('lab').get(path).status_code == 404
