"""What import_nmap makes of sound files."""

import datetime as dt

import pytest

from exports.contrib.netscan.models import Alert, Host, Network, Port, Scan

from .conftest import DATA, START, host, nmap_xml

pytestmark = pytest.mark.django_db
DAY = 86_400


def at(timestamp: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(timestamp, dt.UTC)


def alerts(user) -> list[tuple[str, int]]:
    return list(Alert.objects.filter(user=user).order_by("id").values_list("ip", "port"))


def test_it_works_on_a_real_scan(user, run_import):
    printed = run_import(DATA / "localhost.xml", user)

    network, scan, found = Network.objects.get(), Scan.objects.get(), Host.objects.get()
    assert (network.name, network.cidr, network.user) == ("127.0.0.1", "127.0.0.1/32", user)
    assert (scan.network, scan.user, scan.status) == (network, user, "completed")
    assert (scan.started_at, scan.finished_at) == (at(1795384206), at(1795384224))
    assert scan.arguments == "nmap -sV -O -p 8022,8081,8083 -oX localhost.xml 127.0.0.1"
    assert (found.ip, found.hostname, found.is_pingable) == ("127.0.0.1", "localhost", True)
    assert (found.os_guess, found.latest_scan) == ("Linux 5.0 - 5.2", scan)
    assert (found.first_seen, found.last_seen) == (at(1795384224), at(1795384224))
    assert list(Port.objects.order_by("id").values_list("port", "protocol", "state", "service")) == [
        (8022, "tcp", "open", "ssh OpenSSH 9.2p1 Debian 2 (protocol 2.0)"),
        (8081, "tcp", "open", "http SimpleHTTPServer 0.6 (Python 3.11.7)"),
        (8083, "tcp", "closed", "us-srv"),
    ]
    assert alerts(user) == [("127.0.0.1", 8022), ("127.0.0.1", 8081)]
    assert f"scan {scan.pk} of network '127.0.0.1': 1 hosts, 3 ports, 2 new alerts." in printed


def test_a_real_scan_of_ipv6(user, run_import):
    run_import(DATA / "localhost-ipv6.xml", user)
    assert Network.objects.get().cidr == "::1/128"
    assert Port.objects.get().ip == Host.objects.get().ip == "::1"


def test_strange_hosts(user, run_import):
    run_import(DATA / "strange.xml", user)
    assert Network.objects.get().name == "2001:db8::/64, 192.0.2.0/28"
    assert list(Host.objects.order_by("id").values_list("ip", "hostname", "is_pingable", "os_guess")) == [
        ("2001:db8::a", "=cmd|'/C calc'!A0", True, "-Linux, or  not"),  # XML makes a newline a space here
        ("192.0.2.2", None, False, None),
        ("192.0.2.3", "given.example", True, None),
        ("192.0.2.4", None, None, None),
        ("192.0.2.5", None, True, None),
    ]


def test_strange_ports(user, run_import):
    run_import(DATA / "strange.xml", user)
    ports = Port.objects.order_by("id").values_list("ip", "port", "protocol", "state", "service")
    assert list(ports) == [
        ("2001:db8::a", 22, "tcp", "open", 'ssh A, "B"\nC =1+1 (你好 😀)'),
        ("2001:db8::a", 443, "tcp", "open", "ssl/http nginx 1.22.1"),
        ("2001:db8::a", 53, "udp", "open|filtered", "domain"),
        ("2001:db8::a", 65535, "sctp", "open", None),
        ("192.0.2.5", 80, "tcp", "open", "http"),
        ("192.0.2.5", 25, "tcp", "filtered", "smtp"),
    ]
    assert alerts(user) == [
        ("2001:db8::a", 22),
        ("2001:db8::a", 443),
        ("2001:db8::a", 65535),
        ("192.0.2.5", 80),
    ]


def test_the_same_file_again_changes_nothing(user, run_import):
    run_import(DATA / "strange.xml", user)
    Alert.objects.update(acknowledged=True)
    Host.objects.filter(ip="192.0.2.2").delete()  # what the user did since stays done
    before = [list(model.objects.order_by("pk").values()) for model in (Network, Scan, Host, Port, Alert)]

    printed = run_import(DATA / "strange.xml", user)

    after = [list(model.objects.order_by("pk").values()) for model in (Network, Scan, Host, Port, Alert)]
    assert after == before
    assert "was imported before" in printed


def test_a_later_scan_alerts_only_for_what_is_new(user, run_import):
    run_import(nmap_xml(host("192.0.2.1", 22, 80)), user)
    run_import(nmap_xml(host("192.0.2.1", 80, 443, at=START + DAY), start=START + DAY), user)

    assert alerts(user) == [("192.0.2.1", 22), ("192.0.2.1", 80), ("192.0.2.1", 443)]
    found = Host.objects.get()
    assert (found.first_seen, found.last_seen) == (at(START), at(START + DAY))
    assert found.latest_scan == Scan.objects.latest("started_at")
    ports = Port.objects.filter(scan=found.latest_scan).order_by("port")
    assert list(ports.values_list("port", "first_seen", "last_seen")) == [
        (80, at(START), at(START + DAY)),
        (443, at(START + DAY), at(START + DAY)),
    ]


def test_a_port_that_was_closed_before_is_new_when_it_opens(user, run_import):
    closed = host("192.0.2.1", 22).replace('state="open"', 'state="closed"')
    run_import(nmap_xml(closed), user)
    assert alerts(user) == []
    run_import(nmap_xml(host("192.0.2.1", 22, at=START + DAY), start=START + DAY), user)
    assert alerts(user) == [("192.0.2.1", 22)]


def test_the_same_number_in_another_protocol_is_another_port(user, run_import):
    run_import(nmap_xml(host("192.0.2.1", 53)), user)
    run_import(nmap_xml(host("192.0.2.1", 53).replace('"tcp"', '"udp"'), start=START + DAY), user)
    assert alerts(user) == [("192.0.2.1", 53), ("192.0.2.1", 53)]


def test_what_a_stranger_has_seen_counts_for_nothing(user, stranger, run_import):
    run_import(nmap_xml(host("192.0.2.1", 22)), stranger)
    run_import(nmap_xml(host("192.0.2.1", 22)), user)
    assert alerts(user) == alerts(stranger) == [("192.0.2.1", 22)]
    for model in (Network, Scan, Host, Port):
        assert list(model.objects.order_by("pk").values_list("user", flat=True)) == [stranger.pk, user.pk]
    assert Host.objects.get(user=user).latest_scan.user == user


def test_an_older_scan_imported_late_rewrites_no_news(user, run_import):
    os = '<os><osmatch name="{}" accuracy="99"/></os>'
    newer = host("192.0.2.1", 22, at=START + DAY, extra=os.format("new"))
    run_import(nmap_xml(newer, start=START + DAY), user)
    run_import(nmap_xml(host("192.0.2.1", 22, state="unknown", extra=os.format("old"))), user)
    found = Host.objects.get()
    assert (found.os_guess, found.is_pingable) == ("new", True)
    assert (found.first_seen, found.last_seen) == (at(START), at(START + DAY))
    assert found.latest_scan.started_at == at(START + DAY)


def test_what_a_scan_does_not_tell_stays_and_a_host_that_is_down_was_not_seen(user, run_import):
    os = '<os><osmatch name="Linux" accuracy="99"/></os><hostnames><hostname name="a.example"/></hostnames>'
    run_import(nmap_xml(host("192.0.2.1", 22, extra=os)), user)
    down = host("192.0.2.1", state="down", at=START + DAY)
    run_import(nmap_xml(down, start=START + DAY), user)
    found = Host.objects.get()
    assert (found.os_guess, found.hostname, found.is_pingable) == ("Linux", "a.example", False)
    assert found.last_seen == at(START)


def test_a_network_of_ones_own_naming(user, run_import):
    run_import(DATA / "localhost.xml", user, network="office")
    run_import(nmap_xml(host("127.0.0.1", 1)), user, network="office")
    assert list(Network.objects.values_list("name", "cidr")) == [("office", "")]
    assert Host.objects.count() == 1


def test_an_acknowledged_alert_is_not_raised_again(user, run_import):
    run_import(nmap_xml(host("192.0.2.1", 22)), user)
    Alert.objects.update(acknowledged=True)
    run_import(nmap_xml(host("192.0.2.1", 22), start=START + DAY), user)
    assert Alert.objects.get().acknowledged


def test_queries_do_not_grow_with_ports(user, run_import, django_assert_max_num_queries):
    with django_assert_max_num_queries(25):
        run_import(nmap_xml(host("192.0.2.1", *range(1, 400))), user)
    assert Port.objects.count() == Alert.objects.count() == 399
