"""What colcon installs beside the Python packages; everything else is in pyproject.toml."""

from pathlib import Path

from setuptools import setup

NAME = 'hospital_fleet'
SHARED_FOLDERS = ('launch', 'maps', 'scenarios')


def shared_files() -> list[tuple[str, list[str]]]:
    """Return each shared folder's files under `share/hospital_fleet`, the layout kept."""
    folders: dict[str, list[str]] = {f'share/{NAME}': ['package.xml']}
    for file in sorted(path for folder in SHARED_FOLDERS for path in Path(folder).rglob('*')):
        if file.is_file() and '__pycache__' not in file.parts:
            target = f'share/{NAME}/{file.parent.as_posix().removeprefix("setup/")}'
            folders.setdefault(target, []).append(file.as_posix())
    return sorted(folders.items())


distribution = setup(
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{NAME}']),
        *shared_files(),
    ]
)

# colcon reads these back as Python literals, which setuptools' own objects are not.
for part in (distribution, distribution.metadata):
    part.python_requires = str(part.python_requires)
