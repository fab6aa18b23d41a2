"""What somebody may write into a request who wants to be taken for a client from inside of a network."""

from dataclasses import dataclass

from tests.calls import PATH

# Who is let in: the network, and an address of this machine's.
INSIDE, INSIDE_6 = "192.0.2.7", "2001:db8::7"
NETWORKS = "192.0.2.0/24,2001:db8::/32"
HONEST = "127.0.0.2"
# The proxy, which is believed, and whoever writes the requests below.
PROXY, ATTACKER = "127.0.0.3", "127.0.0.4"

# Stands in a case for the first lines of a request, so that another one follows.
HEAD = "HEAD-OF-A-REQUEST"


@dataclass(frozen=True)
class Spoof:
    """Lines of a request's header, without the last line end, as they go over the wire."""

    lines: str
    target: str = PATH
    before: str = ""

    def request(self, host: str, user: str, agent: str) -> bytes:
        """The whole of it. The connection ends with the last answer."""

        def head(target: str) -> str:
            return f"GET {target} HTTP/1.1\r\nHost: {host}\r\nX-User-Id: {user}\r\nUser-Agent: {agent}\r\n"

        lines = self.lines.replace(HEAD, head(PATH))
        text = f"{self.before}{head(self.target)}{lines}\r\nConnection: close\r\n\r\n"
        return text.encode("latin-1")


def _forwarded_for(value: str) -> Spoof:
    return Spoof(f"X-Forwarded-For: {value}")


def _repeated(*values: str) -> Spoof:
    return Spoof("\r\n".join(f"X-Forwarded-For: {value}" for value in values))


_HEADERS = (
    *("X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP", "X-Cluster-Client-IP"),
    *("X-Originating-IP", "X-Remote-Addr", "Remote-Addr", "X-ProxyUser-Ip", "Fastly-Client-IP", "Client-IP"),
    *("Forwarded-For", "X-Forwarded", "X-Forwarded-Host", "X-Host", "HTTP-X-Forwarded-For"),
)
# More of them, which are tried together.
_MORE = (
    *("CF-Connecting-IPv6", "X-Remote-IP", "X-Forwarded-Server", "X-Original-Forwarded-For", "X-Sent-By"),
    *("X-Envoy-External-Address", "X-Azure-ClientIP", "X-AppEngine-User-IP", "WL-Proxy-Client-IP"),
    *("Proxy-Remote-Addr", "Proxy-Client-IP", "X-Forwarded-For-Original", "X-Nginx-Proxy", "Remote-Host"),
)

_VALUES = {
    "single": INSIDE,
    "honest": HONEST,
    "proxy": PROXY,
    "list": f"{INSIDE}, {INSIDE}, {INSIDE}",
    "behind-the-proxy": f"{INSIDE}, {PROXY}",
    "behind-me": f"{INSIDE}, {ATTACKER}",
    "before-me": f"{ATTACKER}, {INSIDE}",
    "spaces": f"   {INSIDE}   ",
    "tabs": f"\t{INSIDE}\t",
    "port": f"{INSIDE}:443",
    "brackets-and-port": f"[{INSIDE}]:443",
    "ipv6": INSIDE_6,
    "ipv6-brackets-and-port": f"[{INSIDE_6}]:443",
    "ipv6-zone": f"{INSIDE_6}%lo",
    "mapped": f"::ffff:{INSIDE}",
    "mapped-hexadecimal": "::ffff:c000:207",
    "mapped-brackets": f"[::ffff:{INSIDE}]:443",
    "leading-zeros": "192.000.002.007",
    "empty-elements": f",, {INSIDE},,",
    "empty-at-the-end": f"{INSIDE}, ",
    "only-commas": ",,,",
    "unknown": f"{INSIDE}, unknown",
    "quoted": f'"{INSIDE}"',
    "open-quote": f'{INSIDE}, "',
    "no-break-space": f"\xa0{INSIDE}",
    "long": ", ".join([INSIDE] * 300),
    "far-too-long": ", ".join([INSIDE] * 8_000),
    "not-ascii": f"{INSIDE}, \xb2\xb3",
}

SPOOFS = {
    **{f"forwarded-for-{name}": _forwarded_for(value) for name, value in _VALUES.items()},
    **{name: Spoof(f"{name}: {INSIDE}") for name in _HEADERS},
    "lower-case": Spoof(f"x-forwarded-for: {INSIDE}"),
    "upper-case": Spoof(f"X-FORWARDED-FOR: {INSIDE}"),
    "underscores": Spoof(f"X_Forwarded_For: {INSIDE}"),
    "one-underscore": Spoof(f"X-Forwarded_For: {INSIDE}"),
    "underscores-beside": Spoof(f"X_Forwarded_For: {INSIDE}\r\nX-Forwarded-For: {ATTACKER}"),
    "repeated": _repeated(INSIDE, INSIDE),
    "repeated-me-first": _repeated(ATTACKER, INSIDE),
    "repeated-me-last": _repeated(INSIDE, ATTACKER),
    "repeated-proxy-last": _repeated(INSIDE, PROXY),
    "repeated-empty-last": _repeated(INSIDE, ""),
    "repeated-in-other-case": Spoof(f"X-Forwarded-For: {ATTACKER}\r\nx-forwarded-FOR: {INSIDE}"),
    "space-before-the-colon": Spoof(f"X-Forwarded-For : {INSIDE}"),
    "tab-before-the-colon": Spoof(f"X-Forwarded-For\t: {INSIDE}"),
    "no-colon": Spoof(f"X-Forwarded-For {INSIDE}"),
    "folded": Spoof(f"X-Forwarded-For:\r\n {INSIDE}"),
    "folded-behind-another": Spoof(f"X-Other: 1\r\n X-Forwarded-For: {INSIDE}"),
    "folded-list": Spoof(f"X-Forwarded-For: {ATTACKER},\r\n\t{INSIDE}"),
    "line-feed-in-a-value": Spoof(f"X-Other: 1\nX-Forwarded-For: {INSIDE}"),
    "carriage-return-in-a-value": Spoof(f"X-Other: 1\rX-Forwarded-For: {INSIDE}"),
    "null-in-a-value": _forwarded_for(f"{INSIDE}\0"),
    "forwarded": Spoof(f"Forwarded: for={INSIDE}"),
    "forwarded-quoted": Spoof(f'Forwarded: for="{INSIDE}:443"'),
    "forwarded-ipv6": Spoof(f'Forwarded: for="[{INSIDE_6}]:443"'),
    "forwarded-all": Spoof(f"Forwarded: by={PROXY};for={INSIDE};host=localhost;proto=https"),
    "forwarded-several": Spoof(f"Forwarded: for={INSIDE}, for={PROXY}\r\nForwarded: for={INSIDE}"),
    "via": Spoof(f"Via: 1.1 {PROXY}, 1.1 {INSIDE}"),
    "scheme-and-host": Spoof(
        f"X-Forwarded-For: {INSIDE}\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: localhost\r\n"
        "X-Forwarded-Port: 443\r\nX-Forwarded-Ssl: on"
    ),
    "all-at-once": Spoof("\r\n".join(f"{name}: {INSIDE}" for name in ("X-Forwarded-For", *_HEADERS, *_MORE))),
    "named-in-connection": Spoof(
        f"Connection: X-Forwarded-For\r\nX-Forwarded-For: {INSIDE}\r\n\r\n{HEAD}X-Other: 1"
    ),
    "second-host": Spoof(f"Host: {INSIDE}"),
    "script-name": Spoof(f"SCRIPT_NAME: /\r\nPATH_INFO: {PATH}\r\nREMOTE_ADDR: {INSIDE}"),
    "absolute-target": Spoof("X-Other: 1", target=f"http://{INSIDE}{PATH}"),
    "proxy-protocol": Spoof("X-Other: 1", before=f"PROXY TCP4 {INSIDE} {ATTACKER} 4711 80\r\n"),
    "second-request": Spoof(f"X-Other: 1\r\n\r\n{HEAD}X-Forwarded-For: {INSIDE}"),
    "second-request-in-the-body": Spoof(
        f"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{HEAD}X-Forwarded-For: {INSIDE}"
    ),
    "two-lengths": Spoof(f"Content-Length: 0\r\nContent-Length: 9\r\n\r\n{HEAD}X-Forwarded-For: {INSIDE}"),
    "odd-transfer-encoding": Spoof(
        f"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{HEAD}X-Forwarded-For: {INSIDE}"
    ),
}
