import pytest

from exports.contrib.netscan.targets import cidr, network_name


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ("nmap -sV -O -oX scan.xml 192.0.2.0/24", "192.0.2.0/24"),
        ("nmap 192.0.2.0/24 -p 1-1000 -oX -", "192.0.2.0/24"),
        ("nmap -6 2001:db8::/64 ::1", "2001:db8::/64, ::1"),
        ("nmap 192.0.2.1-20 192.0.*.1,2", "192.0.2.1-20, 192.0.*.1,2"),
        ("nmap 192.0.2.1 192.0.2.1", "192.0.2.1"),
        ("nmap -S 192.0.2.9 --exclude 192.0.2.5 --dns-servers 192.0.2.53 192.0.2.0/24", "192.0.2.0/24"),
        ("nmap scanme.example", "nmap"),
        ("nmap -p 1,2,3,4 -T4 -iR 100", "nmap"),
        ("", "nmap"),
    ],
)
def test_network_name(arguments, name):
    assert network_name(arguments) == name


@pytest.mark.parametrize(
    ("name", "block"),
    [
        ("192.0.2.0/24", "192.0.2.0/24"),
        ("192.0.2.77/24", "192.0.2.0/24"),
        ("::1", "::1/128"),
        ("192.0.2.1-20", ""),
        ("office", ""),
        ("100", ""),
    ],
)
def test_cidr(name, block):
    assert cidr(name) == block
