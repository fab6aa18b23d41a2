"""nmap files for the tests of the import: the ones in data/, and ones made to order."""

from pathlib import Path

import pytest
from django.core.management import call_command

DATA = Path(__file__).parent / "data"
START = 1_700_000_000


def host(ip: str, *ports: int, state: str = "up", at: int = START, extra: str = "") -> str:
    """A `<host>` with these open TCP ports."""
    listed = "".join(
        f'<port protocol="tcp" portid="{port}"><state state="open"/><service name="http"/></port>'
        for port in ports
    )
    kind = "ipv6" if ":" in ip else "ipv4"
    return (
        f'<host endtime="{at}"><status state="{state}"/><address addr="{ip}" addrtype="{kind}"/>'
        f"<ports>{listed}</ports>{extra}</host>"
    )


def nmap_xml(*hosts: str, start: int = START, args: str = "nmap 192.0.2.0/24", end: bool = True) -> str:
    """The XML of a run; `end=False`: without the `<finished>` that a run killed by hand lacks."""
    finished = f'<runstats><finished time="{start + 60}" exit="success"/></runstats>' if end else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE nmaprun>\n'
        f'<nmaprun scanner="nmap" args="{args}" start="{start}">{"".join(hosts)}{finished}</nmaprun>'
    )


@pytest.fixture
def run_import(tmp_path, capsys):
    """Runs the command on XML text, or on a file, for a user; gives what it printed."""

    def run(xml: str | Path, user, **options: str) -> str:
        path = xml
        if isinstance(xml, str):
            path = tmp_path / "scan.xml"
            path.write_text(xml, encoding="utf-8")
        capsys.readouterr()
        call_command("import_nmap", str(path), user=user.pk, **options)
        return capsys.readouterr().out

    return run
