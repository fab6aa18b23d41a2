"""The table: credential x what may be wrong with it. 200 in one column, 401 in every other."""

import pytest

from tests.accounts.nextauth import COOKIES
from tests.credentials.asking import ask
from tests.credentials.conftest import World
from tests.credentials.forgery import signed, signed_with_the_public_key, tampered, unsigned

# No database has a part in it.
pytestmark = pytest.mark.sqlite

CHALLENGES = ("X-User-Id", "Api-Key", "Bearer", "NextAuth", "Session")

# How each credential is sent: the header, and what stands before the secret in it.
PLACES = {
    "session": ("Cookie", "sessionid="),
    "jwt": ("Authorization", "Bearer "),
    "apiKey": ("Authorization", "Api-Key "),
    "oauth2": ("Authorization", "Bearer "),
    "nextAuth": ("Cookie", "__Secure-authjs.session-token="),
    "developmentHeader": ("X-User-Id", ""),
}
CONDITIONS = (
    *("right", "none", "expired", "tampered", "another kind's", "revoked", "alg none"),
    *("HS256 with the public key", "wrong audience", "wrong issuer", "disabled user"),
)


def nextauth(condition: str) -> str:
    """The value of the one cookie that the JavaScript library made."""
    [value] = COOKIES["v5"][condition].values()
    return value


def right(world: World, kind: str) -> str:
    if kind == "nextAuth":
        return nextauth("secure")
    return "user-123" if kind == "developmentHeader" else world.made[kind]["right"]


def secrets(world: World, kind: str, condition: str) -> list[str | None]:
    """The secrets to send in this cell; None: no credential at all."""
    claims = world.made["jwt"]["claims"]
    match condition:
        case "right":
            return [right(world, kind)]
        case "none":
            return [None]
        case "tampered":
            return [tampered(right(world, kind)), right(world, kind)[:-1], right(world, kind) + "x", ""]
        case "another kind's":
            others = [right(world, other) for other in PLACES if PLACES[other] != PLACES[kind]]
            return [*others, world.made["jwt"]["refresh"]]
        # The same forgeries in every place: what is no token there either.
        case "alg none":
            return [unsigned(claims), unsigned(claims, "None"), unsigned(claims, "")]
        case "HS256 with the public key":
            return [signed_with_the_public_key(claims, world.keys.public)]
        case "wrong audience":
            return [signed(claims, world.keys.private, aud=aud) for aud in ("others", ["others"], None)]
        case "wrong issuer":
            return [signed(claims, world.keys.private, iss=iss) for iss in ("others", None)]
    return [special(world, kind, condition)]


def special(world: World, kind: str, condition: str) -> str:
    """`expired`, `revoked` and `disabled user`: what the kind makes of it."""
    name = condition.removesuffix(" user")
    if kind == "developmentHeader":
        return "disabled" if name == "disabled" else f"{name}-user"
    if kind == "nextAuth":
        # Nobody can take one back but by taking its secret out of the settings.
        names = {"expired": "expired", "revoked": "wrong_secret", "disabled": "disabled"}
        return nextauth(f"secure_{names[name]}")
    return str(world.made[kind][name])


def headers(kind: str, secret: str | None) -> dict[str, str]:
    name, prefix = PLACES[kind]
    return {} if secret is None else {name: prefix + secret}


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("kind", PLACES)
def test_the_table(server, world, kind, condition):
    for secret in secrets(world, kind, condition):
        answer = ask(server.url, headers=headers(kind, secret))
        if condition == "right":
            assert (answer.status, answer.json["user_id"]) == (200, "user-123")
            continue
        assert answer.status == 401, (secret, answer.body)
        challenge = answer.headers["WWW-Authenticate"]
        assert all(f'{scheme} realm="' in challenge for scheme in CHALLENGES)
        refused = kind in ("jwt", "oauth2") and secret is not None
        assert ('error="invalid_token"' in challenge) == refused
        assert answer.json["type"] == "client_error"
        code = answer.json["errors"][0]["code"]
        assert code == (
            "not_authenticated" if kind == "session" or secret is None else "authentication_failed"
        )
        assert not secret or secret.encode() not in answer.body


@pytest.mark.parametrize("kind", ["session", "jwt", "apiKey", "oauth2"])
def test_a_strangers_credential_opens_nothing_of_others(server, world, kind):
    """Each is its own user: nobody else's records are there."""
    own = headers(kind, right(world, kind))
    record = f"/api/exports/logs/{ask(server.url, '/api/exports/agents', own).headers['X-Export-Id']}"
    stranger = headers(kind, world.made[kind]["stranger"])
    assert ask(server.url, headers=stranger).json["user_id"] == "user-456"
    assert ask(server.url, record, stranger).status == 404
    assert ask(server.url, record, own).status == 200


def test_the_right_token_made_by_hand_is_good(server, world):
    """So what the table's forgeries lack is what it says, and nothing else."""
    token = signed(world.made["jwt"]["claims"], world.keys.private)
    assert ask(server.url, headers=headers("jwt", token)).status == 200


@pytest.mark.parametrize(
    "changes",
    [{"exp": None}, {"sid": None}, {"sub": None}, {"sub": "user-456"}, {"token_type": None}, {"jti": None},
     {"token_type": "refresh"}, {"sid": "x"}, {"sid": 7}, {"sub": 7}, {"nbf": 32503680000}],
    ids=str,
)  # fmt: skip
def test_a_signed_token_that_lacks_a_claim_is_401(server, world, changes):
    token = signed(world.made["jwt"]["claims"], world.keys.private, **changes)
    assert ask(server.url, headers=headers("jwt", token)).status == 401


@pytest.mark.parametrize(
    "value",
    [
        *("Bearer", "Bearer ", "bearer x", "BEARER a.b.c", "Bearer a b", "Bearer a.b.c.d.e", "Bearer ="),
        *("Bearer \xff", "Bearer a.b.c, Api-Key x", "Api-Key", "api-key x", "Api-Key x y", "Api-Key \xff"),
        "Bearer " + "x" * 7000,
    ],
)
def test_a_header_that_is_malformed_is_401(server, value):
    assert ask(server.url, headers={"Authorization": value}).status == 401


@pytest.mark.parametrize("name", ["bearer", "BEARER", "Bearer  "])
def test_the_name_of_a_scheme_may_be_written_in_any_case(server, world, name):
    secret = world.made["jwt"]["right"]
    assert ask(server.url, headers={"Authorization": f"{name} {secret}"}).status == 200
