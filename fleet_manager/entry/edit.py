"""`fleet map edit`: the map editor in the foreground, for this machine's browser, until Ctrl-C."""

from __future__ import annotations

import secrets
import socket
import sys
from pathlib import Path
from typing import Final

import uvicorn

from fleet_manager.adapters.files.desk import FolderDesk
from fleet_manager.adapters.files.hospital import load_raw
from fleet_manager.adapters.http.editor.app import editor_app
from fleet_manager.domain.errors import FleetError
from fleet_manager.domain.maps.build import read_hospital
from fleet_manager.domain.maps.problems import BrokenMap

#: Only this machine: who edits a map sits at it, or comes through ssh.
HOST: Final = '127.0.0.1'
#: An open page gets so long to finish what it asked for, in seconds.
GOODBYE_SECONDS: Final = 1


def edit(folder: Path, *, port: int = 0) -> int:
    """Serve the editor of the hospital in `folder`; return the exit code: 0 ended, 1 failed.

    `port` 0 takes a free one. A map with errors of the checker is opened, to mend them; one with
    fields that cannot be read is refused, with every place printed as `fleet map check` does.
    """
    try:
        raw, where = load_raw(folder)
        read_hospital(raw, where=where)
    except BrokenMap as error:
        for p in error.problems:
            print(f'{p.severity.value:7} {p.place}: {p.problem}. {p.mend} [{p.code}]')
        count = len(error.problems)
        print(f'{folder}: {count} error{"s" if count > 1 else ""}')
        return 1
    try:
        listener = socket.create_server((HOST, port))
    except OSError as error:
        print(f'fleet map edit: port {port}: {error.strerror}; choose another', file=sys.stderr)
        return 1
    with listener:
        return _serve(folder, listener)


def _serve(folder: Path, listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    token = secrets.token_urlsafe(24)
    try:
        app = editor_app(FolderDesk(folder), token=token, port=port)
    except FleetError as error:
        print(f'fleet map edit: {error}', file=sys.stderr)
        return 1
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_level='warning',
            access_log=False,
            timeout_graceful_shutdown=GOODBYE_SECONDS,
            server_header=False,
        )
    )
    print(f'{folder}: open http://{HOST}:{port}/?token={token}', flush=True)
    print('The link works once, in one browser. Ctrl-C ends the editor.', flush=True)
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        return 0
    return 0
