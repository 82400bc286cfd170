"""Compiled maps on disk: the same arrays come back, and a damaged file is made anew."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from fleet_manager.adapters.files import compiled as files
from fleet_manager.adapters.files.compiled import load_compiled, save_compiled
from fleet_manager.domain.maps import compile as compiling
from fleet_manager.domain.maps.compile import CompiledMap, compile_hospital
from tests.domain.traffic.tight import lobby
from tests.hospitals import corridor, two_floors

HOSPITAL = lobby()


@pytest.fixture(autouse=True)
def forgotten() -> None:
    """Let every test begin like a program that was just started."""
    compiling._remembered.clear()


def kept(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


def same(one: CompiledMap, other: CompiledMap) -> bool:
    mine, yours = one.arrays(), other.arrays()
    return one.node_ids == other.node_ids and all(np.array_equal(mine[n], yours[n]) for n in mine)


def test_what_was_computed_once_is_read_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load_compiled(tmp_path / 'maps', HOSPITAL)
    assert kept(tmp_path / 'maps').name.startswith(HOSPITAL.version)
    compiling._remembered.clear()
    monkeypatch.setattr(compiling, '_compile', None)
    again = load_compiled(tmp_path / 'maps', HOSPITAL)
    assert again is not first
    assert same(first, again)
    assert again.shared() == first.shared() != {}
    assert compile_hospital(HOSPITAL) is again, 'and nobody computes it again'
    assert not any(array.flags.writeable for array in again.arrays().values())


def test_two_maps_are_two_files(tmp_path: Path) -> None:
    for hospital in (corridor(), two_floors()):
        assert load_compiled(tmp_path, hospital).version == hospital.version
    assert len(list(tmp_path.iterdir())) == 2


def spoil_nothing_is_left(file: Path) -> None:
    file.write_bytes(b'')


def spoil_cut_in_half(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def spoil_no_archive(file: Path) -> None:
    file.write_text('format: 1\n')


def spoil_another_map(file: Path) -> None:
    other = save_compiled(file.parent / 'other', compile_hospital(corridor()))
    file.write_bytes(other.read_bytes())
    other.unlink()
    other.parent.rmdir()


def spoil_one_number(file: Path) -> None:
    with np.load(file) as packed:
        arrays = dict(packed)
    arrays['conflict'] = arrays['conflict'][:-1]
    np.savez(file, **arrays)


def spoil_with_a_program_in_it(file: Path) -> None:
    with np.load(file) as packed:
        arrays = dict(packed)
    arrays['bay'] = np.array([{'a': 1}], dtype=object)
    np.savez(file, **arrays)


def spoil_hash_is_missing(file: Path) -> None:
    with np.load(file) as packed:
        arrays = dict(packed)
    del arrays['sha256']
    np.savez(file, **arrays)


def spoil_an_array_is_missing(file: Path) -> None:
    with np.load(file) as packed:
        arrays = dict(packed)
    del arrays['bay']
    np.savez(file, **arrays)


def spoil_a_bomb(file: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, 'w', zipfile.ZIP_DEFLATED) as out:
        out.writestr('bay.npy', b'\0' * (files.MAX_BYTES + 1))
    file.write_bytes(packed.getvalue())


@pytest.mark.parametrize(
    'spoil',
    [
        spoil_nothing_is_left,
        spoil_cut_in_half,
        spoil_no_archive,
        spoil_another_map,
        spoil_one_number,
        spoil_with_a_program_in_it,
        spoil_hash_is_missing,
        spoil_an_array_is_missing,
        spoil_a_bomb,
    ],
    ids=lambda spoil: spoil.__name__.removeprefix('spoil_'),
)
def test_a_damaged_file_is_not_believed_but_written_anew(tmp_path: Path, spoil) -> None:  # type: ignore[no-untyped-def]
    right = load_compiled(tmp_path, HOSPITAL)
    file = kept(tmp_path)
    good = file.read_bytes()
    spoil(file)
    compiling._remembered.clear()
    assert same(load_compiled(tmp_path, HOSPITAL), right)
    assert len(file.read_bytes()) == len(good)
    compiling._remembered.clear()
    assert same(load_compiled(tmp_path, HOSPITAL), right)


@pytest.mark.thorough
def test_every_flipped_byte_is_noticed_or_changes_nothing(tmp_path: Path) -> None:
    right = load_compiled(tmp_path, HOSPITAL)
    file = kept(tmp_path)
    good = file.read_bytes()
    for place in range(0, len(good), max(1, len(good) // 200)):
        file.write_bytes(good[:place] + bytes([good[place] ^ 0xFF]) + good[place + 1 :])
        compiling._remembered.clear()
        assert same(load_compiled(tmp_path, HOSPITAL), right)


def test_a_file_that_is_too_large_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = load_compiled(tmp_path, HOSPITAL)
    monkeypatch.setattr(files, 'MAX_BYTES', 100)
    assert same(load_compiled(tmp_path, HOSPITAL), right)


def test_a_folder_nobody_can_write_to_only_costs_time(tmp_path: Path) -> None:
    in_the_way = tmp_path / 'file'
    in_the_way.write_text('not a folder')
    assert same(load_compiled(in_the_way, HOSPITAL), compile_hospital(HOSPITAL))
    assert in_the_way.read_text() == 'not a folder'


def test_a_write_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, target: Path) -> Path:
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(Path, 'replace', full)
    with pytest.raises(OSError, match='No space'):
        save_compiled(tmp_path, compile_hospital(HOSPITAL))
    assert list(tmp_path.iterdir()) == []
