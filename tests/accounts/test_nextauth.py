"""Session cookies of NextAuth.js 4 and Auth.js 5, made by themselves (tests/accounts/nextauth) and forged."""

import hashlib
import hmac
import itertools
import json
import time
from dataclasses import replace

import pytest
import time_machine
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from joserfc import jwe
from joserfc.jwk import OctKey
from joserfc.util import urlsafe_b64encode

from accounts.api.api_keys import APIKeyListView
from accounts.authentication import NextAuthAuthentication
from accounts.authentication.nextauth import VERSIONS
from exports.api.views import InfoView
from tests.accounts.nextauth import COOKIES
from tests.conftest import make_user

INFO = "/api/exports/info"
KEYS = "/api/auth/api-keys"
SECRETS = list(COOKIES["secrets"].values())
BY_NAME = {"v5": VERSIONS[0], "v4": VERSIONS[1]}
# In the order in which they count.
NAMES = [
    *("__Secure-authjs.session-token", "authjs.session-token"),
    *("__Secure-next-auth.session-token", "next-auth.session-token"),
]

# Of the database only a user is asked, by key.
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
both = pytest.mark.parametrize("version", ["v4", "v5"])


@pytest.fixture(autouse=True)
def _in_use(monkeypatch, settings):
    """As if the settings listed this authenticator alone: REST framework reads that once, at import."""
    settings.NEXTAUTH_SECRETS = SECRETS
    for view in (InfoView, APIKeyListView):
        monkeypatch.setattr(view, "authentication_classes", [NextAuthAuthentication])


@pytest.fixture
def ask(client):
    """ask(cookies): the answer to a browser that sends them."""

    def ask(cookies: dict[str, str]):
        sent = "; ".join(f"{name}={value}" for name, value in cookies.items())
        # WSGI hands a header's bytes on as Latin-1.
        return client.get(INFO, headers={"Cookie": sent.encode().decode("latin-1")})

    return ask


@pytest.fixture
def asker(ask):
    """asker(cookies): the id of the user whom the cookies are of; None where the answer is a proper 401."""

    def asker(cookies: dict[str, str]) -> str | None:
        answer = ask(cookies)
        if answer.status_code == 200:
            return answer.json()["user_id"]
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == 'NextAuth realm="api"'
        assert answer.json()["errors"][0]["code"] == "authentication_failed"
        return None

    return asker


def only(cookies: dict[str, str]) -> tuple[str, str]:
    """The name and the value of the one cookie."""
    [(name, value)] = cookies.items()
    return name, value


def claims_of(version: str, cookies: dict[str, str]) -> dict:
    name, value = only(cookies)
    return json.loads(BY_NAME[version].decrypted(value, name, SECRETS))


# --- Right cookies ------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    "case", ["right", "secure", "old_secret", "secure_old_secret", "chunked", "secure_chunked"]
)
def test_a_cookie_of_the_library_names_the_user(asker, user, stranger, version, case):
    assert asker(COOKIES[version][case]) == "user-123"


@both
@pytest.mark.parametrize("case", ["stranger", "secure_stranger"])
def test_a_strangers_cookie_is_the_stranger(asker, user, stranger, version, case):
    assert asker(COOKIES[version][case]) == "user-456"


@both
def test_other_cookies_do_no_harm(asker, user, version):
    others = {"sessionid": "x", "next-auth.csrf-token": "x", "authjs.callback-url": "x"}
    assert asker(others | COOKIES[version]["right"]) == "user-123"


@pytest.mark.parametrize(
    "others", [{}, {"sessionid": "x", "next-auth.csrf-token": "x", "authjs.session": "x"}]
)
def test_without_a_cookie_of_theirs_it_is_401(ask, user, others):
    answer = ask(others)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'NextAuth realm="api"'
    assert answer.json()["errors"][0]["code"] == "not_authenticated"


# --- Wrong cookies ------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("secure", ["", "secure_"])
@pytest.mark.parametrize("case", ["expired", "wrong_secret", "unknown", "no_sub", "number_sub", "disabled"])
def test_a_wrong_cookie_of_the_library_is_401(asker, user, version, secure, case):
    make_user("123")  # the number as text: it must not be taken for that
    disabled = make_user("disabled")
    disabled.is_active = False
    disabled.save()
    assert asker(COOKIES[version][secure + case]) is None


@both
def test_a_secret_that_was_taken_out_of_the_settings_is_401(asker, user, settings, version):
    settings.NEXTAUTH_SECRETS = SECRETS[:1]
    assert asker(COOKIES[version]["right"]) == "user-123"
    assert asker(COOKIES[version]["old_secret"]) is None


@both
def test_without_secrets_every_cookie_is_401(asker, user, settings, version):
    settings.NEXTAUTH_SECRETS = []
    assert asker(COOKIES[version]["right"]) is None


@both
def test_a_user_who_became_inactive_or_was_deleted_is_401(asker, user, version):
    assert asker(COOKIES[version]["right"]) == "user-123"
    user.is_active = False
    user.save()
    assert asker(COOKIES[version]["right"]) is None
    user.delete()
    assert asker(COOKIES[version]["right"]) is None


@both
@pytest.mark.parametrize("place", ["first", "middle", "last"])
@pytest.mark.parametrize("part", ["header", "iv", "ciphertext", "tag"])
def test_one_changed_character_is_401(asker, user, version, part, place):
    name, value = only(COOKIES[version]["right"])
    parts = value.split(".")
    index = {"header": 0, "iv": 2, "ciphertext": 3, "tag": 4}[part]
    old = parts[index]
    at = {"first": 0, "middle": len(old) // 2, "last": len(old) - 1}[place]
    parts[index] = old[:at] + ("A" if old[at] != "A" else "B") + old[at + 1 :]
    assert asker({name: ".".join(parts)}) is None


@both
@pytest.mark.parametrize("part", range(5))
def test_a_part_that_is_empty_or_longer_is_401(asker, user, version, part):
    name, value = only(COOKIES[version]["right"])
    parts = value.split(".")
    for changed in {"", parts[part] + "AAAA", parts[part] + "=", f"{parts[part]}.{parts[part]}"} - {
        parts[part]
    }:
        assert asker({name: ".".join([*parts[:part], changed, *parts[part + 1 :]])}) is None, changed


@both
def test_a_truncated_cookie_is_401(asker, user, version):
    name, value = only(COOKIES[version]["right"])
    ends = {1, 10, len(value) // 2, len(value) - 1}
    ends |= {at for dot, letter in enumerate(value) if letter == "." for at in (dot, dot + 1)}
    for cut in [value[:end] for end in ends] + [value[1:]]:
        assert asker({name: cut}) is None, cut


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "value",
    [
        *("", " ", ".", "....", "a.b.c.d.e", '"', "null", "undefined", "\x00"),
        *("é", "李.李.李.李.李", "x" * 100_000),
    ],
    ids=lambda value: value[:10],
)
def test_an_empty_value_and_garbage_are_401(asker, user, name, value):
    assert asker({name: value}) is None


@both
@pytest.mark.parametrize("case", ["chunked", "secure_chunked"])
def test_a_cookie_in_pieces_needs_all_of_them_in_order(ask, asker, user, version, case):
    (first, start), (second, end) = COOKIES[version][case].items()
    assert asker({second: end, first: start}) == "user-123"  # a browser may send them in any order
    assert asker({first: start}) is None
    assert ask({second: end}).status_code == 401
    assert asker({first: end, second: start}) is None
    assert asker({first: start, second: end, second[:-1] + "2": "x"}) is None
    assert asker({first: start, second: ""}) is None


@both
@pytest.mark.parametrize("case", ["right", "secure"])
def test_under_the_name_of_the_other_library_a_cookie_is_401(asker, user, version, case):
    other = "v5" if version == "v4" else "v4"
    value = only(COOKIES[version][case])[1]
    assert asker({only(COOKIES[other][case])[0]: value}) is None


def test_an_auth_js_cookie_is_good_under_its_own_name_alone(asker, user):
    """Its name is the salt of the key."""
    (plain, plain_value), (secure, secure_value) = (only(COOKIES["v5"][case]) for case in ("right", "secure"))
    assert asker({secure: plain_value}) is None
    assert asker({plain: secure_value}) is None


# --- The clock ----------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(("seconds", "whom"), [(-1, "user-123"), (14.9, "user-123"), (15, None), (16, None)])
def test_a_cookie_is_good_until_15_seconds_after_its_end(asker, user, version, seconds, whom):
    """jose, which both libraries use: refused if `exp <= now - clockTolerance`."""
    end = claims_of(version, COOKIES[version]["expired"])["exp"]
    with time_machine.travel(end + seconds, tick=False):
        assert asker(COOKIES[version]["expired"]) == whom


# --- Unsafe methods -----------------------------------------------------------------------------------------


def make_key(csrf_client, cookies: dict[str, str], **headers: str):
    for name, value in cookies.items():
        csrf_client.cookies[name] = value
    body = {"name": "nightly"}
    return csrf_client.post(KEYS, body, content_type="application/json", headers=headers)


@both
def test_unsafe_methods_need_the_csrf_token(csrf_client, user, version):
    right = COOKIES[version]["right"]
    assert make_key(csrf_client, right).status_code == 403
    csrf_client.get("/login/")  # sets the cookie
    token = csrf_client.cookies["csrftoken"].value
    assert make_key(csrf_client, right).status_code == 403
    assert make_key(csrf_client, right, **{"X-CSRFToken": "x" * len(token)}).status_code == 403
    assert not user.api_keys.exists()
    assert make_key(csrf_client, right, **{"X-CSRFToken": token}).status_code == 201
    assert user.api_keys.count() == 1


@both
def test_a_wrong_cookie_is_401_to_unsafe_methods_too(csrf_client, user, version):
    assert make_key(csrf_client, COOKIES[version]["expired"]).status_code == 401


# --- Several cookies ----------------------------------------------------------------------------------------

RIGHT, STRANGERS = (
    {name: value for version in BY_NAME for case in cases for name, value in COOKIES[version][case].items()}
    for cases in (["right", "secure"], ["stranger", "secure_stranger"])
)


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations(NAMES, 2)))
def test_of_several_cookies_the_first_counts_right_or_wrong(asker, user, stranger, first, second):
    """The first of NAMES, in whatever order they come."""

    def whom(first_value: str, second_value: str) -> str | None:
        sent = [(first, first_value), (second, second_value)]
        [answer] = {asker(dict(sent)), asker(dict(reversed(sent)))}
        return answer

    assert whom(RIGHT[first], STRANGERS[second]) == "user-123"
    assert whom(STRANGERS[first], RIGHT[second]) == "user-456"
    assert whom(RIGHT[first], "x") == "user-123"
    assert whom("x", RIGHT[second]) is None
    assert whom("", RIGHT[second]) is None


@both
@pytest.mark.parametrize("case", ["expired", "unknown"])
def test_after_a_session_that_is_over_none_is_looked_for(asker, user, stranger, version, case):
    assert asker(COOKIES[version][f"secure_{case}"] | COOKIES[version]["stranger"]) is None


# --- Forgeries, by somebody who knows the secret: nothing is wrong but what the test changes ----------------


def encoded(part: object) -> str:
    """base64url of JSON or of bytes (RFC 7515)."""
    octets = part if isinstance(part, bytes) else json.dumps(part).encode()
    return urlsafe_b64encode(octets).decode()


def claims(**changes: object) -> dict[str, object]:
    return {"sub": "user-123", "exp": int(time.time()) + 3600} | changes


def forged(version: str, plaintext: object, *, key: OctKey | None = None, **header: str) -> dict[str, str]:
    """The cookie with this plaintext: bytes, or what becomes JSON."""
    used = BY_NAME[version]
    header = {"alg": "dir", "enc": used.encryption} | header
    octets = plaintext if isinstance(plaintext, bytes) else json.dumps(plaintext).encode()
    registry = jwe.JWERegistry(algorithms=list(header.values()))
    key = key or used.key(SECRETS[0], used.cookie)
    return {used.cookie: jwe.encrypt_compact(header, octets, key, registry=registry)}


def key_of(version: str, size: int) -> OctKey:
    """The key that the derivation gives for an encryption of another size."""
    used = replace(BY_NAME[version], key_bytes=size)
    return used.key(SECRETS[0], used.cookie)


@both
def test_a_forgery_that_changes_nothing_is_good(asker, user, version):
    """So what is wrong with the others is what they say, and nothing else."""
    assert asker(forged(version, claims())) == "user-123"


@both
@pytest.mark.parametrize(
    ("encryption", "size"),
    [
        *(("A128GCM", 16), ("A192GCM", 24), ("A256GCM", 32)),
        *(("A128CBC-HS256", 32), ("A192CBC-HS384", 48), ("A256CBC-HS512", 64)),
    ],
)
def test_another_encryption_is_401(asker, user, version, encryption, size):
    cookie = forged(version, claims(), key=key_of(version, size), enc=encryption)
    assert asker(cookie) == ("user-123" if encryption == BY_NAME[version].encryption else None)


@both
@pytest.mark.parametrize(
    ("algorithm", "size"), [("A128KW", 16), ("A256KW", 32), ("A256GCMKW", 32), ("PBES2-HS256+A128KW", 0)]
)
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")  # about making one of PBES2
def test_another_algorithm_is_401(asker, user, version, algorithm, size):
    key = key_of(version, size) if size else None
    assert asker(forged(version, claims(), key=key, alg=algorithm)) is None


@both
def test_compression_is_401(asker, user, version):
    """A few bytes could become a great many."""
    assert asker(forged(version, claims(), zip="DEF")) is None


@both
@pytest.mark.parametrize("algorithm", ["none", "None", "HS256"])
def test_a_token_that_is_not_encrypted_is_401(asker, user, version, algorithm):
    used = BY_NAME[version]
    text = f"{encoded({'alg': algorithm, 'typ': 'JWT'})}.{encoded(claims())}"
    key = used.key(SECRETS[0], used.cookie).raw_value
    signature = encoded(hmac.digest(key, text.encode(), hashlib.sha256)) if algorithm == "HS256" else ""
    assert asker({used.cookie: f"{text}.{signature}"}) is None
    assert asker({used.cookie: text}) is None


@both
@pytest.mark.parametrize(
    "plaintext",
    [
        b"",
        b"user-123",
        b"\xff\xfe",
        b"{",
        b"[" * 500,
        [],
        ["sub", "exp"],
        "sub exp",
        7,
        True,
        b"null",
        [{"sub": "user-123"}],
    ],
    ids=str,
)
def test_what_is_no_json_object_is_401(asker, user, version, plaintext):
    assert asker(forged(version, plaintext)) is None


@both
@pytest.mark.parametrize(
    "expiry",
    [None, "", "9999999999", True, [9999999999], {"at": 9999999999}, 0, -1, float("nan"), -1e308],
    ids=str,
)
def test_a_token_that_does_not_say_when_it_ends_is_401(asker, user, version, expiry):
    assert asker(forged(version, claims(exp=expiry))) is None
    assert asker(forged(version, {"sub": "user-123"})) is None


@both
@pytest.mark.parametrize(
    "sub",
    [
        *(None, "", " user-123", "user-123\n", "USER-123", "\x00", "\ud800", "x" * 40),
        *(123, 1.5, True, ["user-123"], {"id": "user-123"}),
    ],
    ids=ascii,
)
def test_a_sub_that_is_no_users_id_is_401(asker, user, version, sub):
    make_user("123")
    assert asker(forged(version, claims(sub=sub))) is None


# --- Anything -----------------------------------------------------------------------------------------------

DIRECT = [{"alg": "dir", "enc": version.encryption} for version in VERSIONS]
NO_HEADERS = [
    *(["alg", "enc"], "alg enc", "", 7, None, True, {}, {"alg": "dir"}, {"enc": "A256GCM"}),
    *(header | {"enc": value} for header in DIRECT for value in ([], {}, None, 7, "", "none", "\ud800")),
    *(header | {"alg": value} for header in DIRECT for value in ([], {}, None, 7, "", "none", "RSA1_5")),
    *(header | {"crit": value} for header in DIRECT for value in (7, None, [[]], [{}], "alg", ["exp"], {})),
    *(header | {"zip": value} for header in DIRECT for value in ([], "DEF", None)),
    *(header | {"kid": 7} for header in DIRECT),
]


def unopened(header: object, iv: bytes, ciphertext: bytes, tag: bytes) -> str:
    """What has the form of an encrypted token: all that somebody can make who knows no secret."""
    return f"{encoded(header)}..{encoded(iv)}.{encoded(ciphertext)}.{encoded(tag)}"


@pytest.mark.parametrize("name", NAMES)
def test_a_header_that_is_none_is_401(asker, user, name):
    for header in [*NO_HEADERS, b"", b"\xff", b"[" * 700, b'{"a":' * 150, b'{"enc":' + b"1" * 700 + b"}"]:
        assert asker({name: unopened(header, bytes(16), bytes(32), bytes(32))}) is None, header


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [0, 1, 8, 12, 15, 16, 17, 24, 32, 33, 45])
def test_parts_of_another_length_are_401(asker, user, name, size):
    for header in DIRECT:
        for sizes in itertools.permutations([size, 16, 32]):
            assert asker({name: unopened(header, *map(bytes, sizes))}) is None
        assert asker({name: unopened(header, bytes(12), bytes(32), bytes(size))}) is None


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["alg", "dir"])
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=3,
)
HEADER = st.builds(
    lambda header, changes: header | changes,
    st.sampled_from(DIRECT),
    st.dictionaries(st.sampled_from(["alg", "enc", "zip", "crit", "kid", "typ", "p2c"]), JSON, min_size=1),
)
OCTETS = st.sampled_from([bytes(12), bytes(16), bytes(32)]) | st.binary(max_size=48)
ANYTHING = (
    st.text()
    | st.lists(st.text(alphabet="AQgw-_=+/ é", max_size=8), min_size=4, max_size=6).map(".".join)
    | st.builds(unopened, HEADER, OCTETS, OCTETS, OCTETS)
    | st.builds(unopened, JSON | HEADER, st.sampled_from([bytes(12), bytes(16)]), OCTETS, OCTETS)
)


def test_whatever_the_value_is_it_is_401(asker, user):
    @hypothesis_settings(
        max_examples=300, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.sampled_from(NAMES), st.sampled_from(["", ".0"]), ANYTHING)
    def ask(name, piece, value):
        assert asker({name + piece: value}) is None

    ask()
