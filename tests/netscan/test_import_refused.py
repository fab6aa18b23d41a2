"""Files that import_nmap refuses: it names what is wrong, and leaves nothing half-written."""

import pytest
from django.core.management import CommandError, call_command

from exports.contrib.netscan.models import Alert, Host, Network, Port, Scan

from .conftest import DATA, host, nmap_xml

pytestmark = pytest.mark.django_db

SOUND = nmap_xml(host("192.0.2.1", 22))
TWO_HOSTS = nmap_xml(host("192.0.2.1", 22), host("192.0.2.2", 80))
REAL = (DATA / "localhost.xml").read_text()
SUBSET = "<!DOCTYPE nmaprun [{}]>"

BAD = {
    "empty": ("", "not sound XML"),
    "not XML": ("# Nmap 7.93 scan initiated\nHost: 192.0.2.1 ()", "not sound XML"),
    "a broken tag": (TWO_HOSTS.replace("</nmaprun>", "</nmap>"), "not sound XML"),
    "another document": ("<html><body/></html>", "not the XML of an nmap run"),
    "another scanner": (SOUND.replace('"nmap"', '"masscan"', 1), "not the XML of an nmap run"),
    "killed, cut in a host": (TWO_HOSTS[: TWO_HOSTS.rindex("<port ")], "not all of it is there"),
    "killed, cut after a host": (TWO_HOSTS[: TWO_HOSTS.rindex("<runstats>")], "not all of it is there"),
    "a real one, cut": (REAL[: REAL.rindex("<runstats>")], "not all of it is there"),
    "no <finished>": (nmap_xml(host("192.0.2.1", 22), end=False), "nmap did not finish"),
    "nmap failed": (
        SOUND.replace('exit="success"', 'exit="error" errormsg="Out of memory"'),
        "nmap failed: 'Out of memory'",
    ),
    "no address": (SOUND.replace("ipv4", "mac"), "a host has no IP address"),
    "a bad address": (SOUND.replace("192.0.2.1", "192.0.2.256", 1), "a host's address is wrong"),
    "a huge port": (TWO_HOSTS.replace('"80"', '"65536"'), "a <port> has the portid '65536'"),
    "an endless port": (TWO_HOSTS.replace('"80"', f'"{"9" * 5000}"'), "a <port> has the portid"),
    "a port in other digits": (TWO_HOSTS.replace('"80"', '"８０"'), "a <port> has the portid"),
    "an unknown protocol": (TWO_HOSTS.replace('"tcp"', '"carrier-pigeon"'), "protocol or state is unknown"),
    "an unknown state": (TWO_HOSTS.replace('"open"', '"ajar"'), "protocol or state is unknown"),
    "no start": (SOUND.replace("start=", "begin="), "a time is wrong"),
    "a huge time": (TWO_HOSTS.replace("1700000060", "9" * 30), "a time is wrong"),
    "an unknown encoding": (SOUND.replace("UTF-8", "klingon"), "not sound XML"),
    "an entity": (
        SOUND.replace("<!DOCTYPE nmaprun>", SUBSET.format('<!ENTITY a "b">')),
        "DTDForbidden",
    ),
    "an external entity": (
        SOUND.replace("<!DOCTYPE nmaprun>", SUBSET.format('<!ENTITY a SYSTEM "file:///etc/passwd">')).replace(
            '<service name="http"/>', '<service name="http"/><script id="x">&a;</script>'
        ),
        "DTDForbidden",
    ),
    "an external parameter entity": (
        SOUND.replace(
            "<!DOCTYPE nmaprun>", SUBSET.format('<!ENTITY % a SYSTEM "http://192.0.2.1/x.dtd"> %a;')
        ),
        "DTDForbidden",
    ),
    "a billion laughs": (
        SOUND.replace(
            "<!DOCTYPE nmaprun>",
            SUBSET.format(
                '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
            ),
        ).replace("nmap 192.0.2.0/24", "&a9;"),
        "DTDForbidden",
    ),
    "default attributes": (
        SOUND.replace("<!DOCTYPE nmaprun>", SUBSET.format('<!ATTLIST service product CDATA "x">')),
        "DTDForbidden",
    ),
    "an entity that nothing declares": (SOUND.replace("nmap 192.0.2.0/24", "&a;"), "not sound XML"),
}


def nothing_is_there() -> bool:
    return not any(model.objects.exists() for model in (Network, Scan, Host, Port, Alert))


def test_it_works_without_the_faults(user, run_import):
    run_import(TWO_HOSTS, user)
    assert Host.objects.count() == 2


@pytest.mark.parametrize(("xml", "message"), BAD.values(), ids=BAD)
def test_bad_files(xml, message, user, run_import):
    with pytest.raises(CommandError) as caught:
        run_import(xml, user)
    assert message in str(caught.value)
    assert "scan.xml" in str(caught.value)
    assert nothing_is_there()


HOSTILE = "\x9b" + "A" * 1_000
ECHOED = {
    "address": TWO_HOSTS.replace("192.0.2.1", HOSTILE, 1),
    "protocol": TWO_HOSTS.replace('"tcp"', f'"{HOSTILE}"'),
    "state": TWO_HOSTS.replace('"open"', f'"{HOSTILE}"'),
    "port": TWO_HOSTS.replace('portid="', f'portid="{HOSTILE}', 1),
    "time": TWO_HOSTS.replace("1700000060", HOSTILE),
    "nmap's own words": SOUND.replace('exit="success"', f'exit="error" errormsg="{HOSTILE}"'),
    "entity": SOUND.replace("nmap 192.0.2.0/24", f"&{'A' * 1_000};"),
    "encoding": SOUND.replace("UTF-8", "A" * 1_000),
    "document type": SOUND.replace("<!DOCTYPE nmaprun>", f"<!DOCTYPE {'A' * 1_000} [<!ENTITY a 'b'>]>"),
}


@pytest.mark.parametrize("xml", ECHOED.values(), ids=ECHOED)
def test_an_error_shows_little_of_a_hostile_value(xml, user, run_import):
    with pytest.raises(CommandError) as caught:
        run_import(xml, user)
    assert "A" * 51 not in str(caught.value)
    assert "\x9b" not in str(caught.value)


def test_a_bad_file_leaves_what_was_there(user, run_import):
    run_import(SOUND, user)
    before = [list(model.objects.values()) for model in (Network, Scan, Host, Port, Alert)]
    with pytest.raises(CommandError):
        run_import(BAD["killed, cut in a host"][0], user)
    assert [list(model.objects.values()) for model in (Network, Scan, Host, Port, Alert)] == before


def test_a_missing_file(user, tmp_path):
    with pytest.raises(CommandError, match=r"nowhere\.xml: No such file"):
        call_command("import_nmap", str(tmp_path / "nowhere.xml"), user=user.pk)


def test_a_directory(user, tmp_path):
    with pytest.raises(CommandError, match="directory"):
        call_command("import_nmap", str(tmp_path), user=user.pk)


def test_an_unknown_user(db):
    with pytest.raises(CommandError, match="no user 'nobody'"):
        call_command("import_nmap", str(DATA / "localhost.xml"), user="nobody")
    assert nothing_is_there()


def test_no_user():
    with pytest.raises(CommandError, match="--user"):
        call_command("import_nmap", str(DATA / "localhost.xml"))


def test_a_name_that_the_network_cannot_hold(user, run_import):
    with pytest.raises(CommandError, match="255 characters"):
        run_import(SOUND, user, network="n" * 256)
    assert nothing_is_there()
