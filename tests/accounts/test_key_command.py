"""`manage.py api_keys` makes, lists and revokes keys. A new one, and nothing else, goes to stdout."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import APIKey
from tests.commands.conftest import Done, run

INFO = "/api/exports/info"

# No database has a part in it.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]


def api_keys(*arguments: str) -> Done:
    return run("api_keys", *arguments)


def make(*arguments: str) -> Done:
    """The command with the two flags that it needs; given again, the last one counts."""
    return api_keys("make", "--user=user-123", "--name=nightly", *arguments)


def use(text: str, **options: str) -> tuple[int, str | None]:
    """What a program gets with this key: the status, and whose rows it could export."""
    answer = Client().get(INFO, headers={"Authorization": f"Api-Key {text}"}, **options)
    return answer.status_code, answer.json().get("user_id")


@pytest.fixture
def key(user) -> APIKey:
    return APIKey.objects.issue(user=user, name="nightly")[0]


def test_it_works(user):
    done = make()
    assert use(done.out.strip()) == (200, "user-123")
    used = APIKey.objects.get().last_used_at
    prefix = done.out[:8]
    assert (
        api_keys("list").out == f"{prefix}  active  user-123  'nightly'  last used {used:%Y-%m-%dT%H:%MZ}\n"
    )
    assert api_keys("revoke", prefix).code == 0
    assert use(done.out.strip())[0] == 401


# --- make ---------------------------------------------------------------------------------------------------


def test_the_text_alone_is_on_stdout(user):
    """So that it can go into a file, or into another program; what people read is on stderr."""
    done = make()
    key = APIKey.objects.get()
    assert (done.code, done.out) == (0, f"{key.prefix}.{done.out[9:41]}\n")
    told = f"The API key 'nightly' ({key.prefix}) of user-123 is made. This is the only time it is shown:\n"
    assert done.err == told


def test_every_option(user):
    flags = ("--dataset=calls", "--dataset=hosts", "--network=192.0.2.7", "--network=2001:db8::/32,::1")
    text = make("--name= x ", "--expires=2999-12-31T23:59:30+02:00", *flags).out.strip()
    key = APIKey.objects.get()
    assert (key.user_id, key.name, key.datasets) == ("user-123", "x", ["calls", "hosts"])
    assert key.networks == ["192.0.2.7/32", "2001:db8::/32", "::1/128"]
    assert key.expires_at.isoformat() == "2999-12-31T21:59:30+00:00"
    assert use(text, REMOTE_ADDR="192.0.2.7") == (200, "user-123")
    assert use(text, REMOTE_ADDR="192.0.2.8")[0] == 401


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        ("2999-01-31", "2999-01-31T00:00:00+00:00"),
        ("2999-01-31T09:30", "2999-01-31T09:30:00+00:00"),
        ("2999-01-31 09:30", "2999-01-31T09:30:00+00:00"),
        ("2999-01-31T09:30:00Z", "2999-01-31T09:30:00+00:00"),
        ("2999-01-31T09:30-05:00", "2999-01-31T14:30:00+00:00"),
    ],
)
def test_times(user, given, moment):
    assert make(f"--expires={given}").code == 0
    assert APIKey.objects.get().expires_at.isoformat() == moment


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--user=user-456"], "--user: There is no user 'user-456'."),
        (["--user="], "--user: There is no user ''."),
        (["--name="], "--name: This field is required."),
        ([f"--name={'x' * 101}"], "--name: Ensure this value has at most 100 characters (it has 101)."),
        (["--expires=soon"], "--expires: 'soon' is no date or time in ISO 8601."),
        (["--expires="], "--expires: '' is no date or time in ISO 8601."),
        # In UTC a year that Python does not know.
        (["--expires=9999-12-31T23:59-05:00"], "--expires: '9999-12-31T23:59-05:00' is no date or time"),
        (["--expires=0001-01-01T00:00+05:00"], "--expires: '0001-01-01T00:00+05:00' is no date or time"),
        (["--expires=2020-01-01"], "--expires: This moment has passed already."),
        (["--dataset=calls", "--dataset=nothing"], "--dataset: Select a valid choice. nothing is not one"),
        (["--network=192.0.2.7/24"], "--network: '192.0.2.7/24' is no IP address and no network"),
        ([f"--network=192.0.2.{n}" for n in range(51)], "--network: No more than 50 networks are possible."),
        (["--network=a", "--network=b"], "--network: 'a' is no IP address"),
    ],
)
def test_a_mistake_is_named_by_its_flag_and_makes_no_key(user, flags, told):
    done = make(*flags)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(told)
    assert not APIKey.objects.exists()


def test_every_mistake_is_named(user):
    done = make("--name=", "--dataset=x", "--network=a", "--network=b", "--expires=2020-01-01")
    flags = [line.partition(":")[0] for line in done.err.splitlines()]
    assert sorted(flags) == ["--dataset", "--expires", "--name", "--network", "--network"]


def test_an_inactive_user_gets_no_key(user):
    user.is_active = False
    user.save()
    done = make()
    assert (done.code, done.out, done.err) == (1, "", "--user: The user 'user-123' is not active.")
    assert not APIKey.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["make", "--name=x"], "--user"),
        (["make", "--user=user-123"], "--name"),
        (["make", "--user=user-123", "--name=x", "--nothing=x"], "--nothing"),
        (["revoke"], "prefix"),
        ([], "make|list|revoke"),
        (["delete"], "delete"),
    ],
)
def test_what_is_missing_or_unknown_is_named(user, arguments, named):
    done = api_keys(*arguments)
    assert done.code == 1
    assert named in done.err
    assert not APIKey.objects.exists()


# --- list ---------------------------------------------------------------------------------------------------


def test_the_list_is_newest_first_with_what_limits_a_key(user, stranger, key):
    moment = timezone.now().replace(year=2999, month=1, day=31, hour=9, minute=30)
    limits = {"datasets": ["calls", "hosts"], "networks": ["192.0.2.7/32", "::1/128"], "expires_at": moment}
    limited, _ = APIKey.objects.issue(user=stranger, name="two words", **limits)
    gone, _ = APIKey.objects.issue(user=user, name="gone", expires_at=timezone.now() - timedelta(1))
    assert api_keys("list").out.splitlines()[0].split("  ")[1] == "expired"
    gone.revoke()
    shown = "datasets=calls,hosts  networks=192.0.2.7/32,::1/128  expires=2999-01-31T09:30Z"
    ended = f"expires={gone.expires_at:%Y-%m-%dT%H:%MZ}"
    assert api_keys("list").out.splitlines() == [
        f"{gone.prefix}  revoked  user-123  'gone'  {ended}  never used",
        f"{limited.prefix}  active  user-456  'two words'  {shown}  never used",
        f"{key.prefix}  active  user-123  'nightly'  never used",
    ]


def test_the_list_of_one_user(user, stranger, key):
    APIKey.objects.issue(user=stranger, name="other")
    assert [line[:8] for line in api_keys("list", "--user=user-123").out.splitlines()] == [key.prefix]
    done = api_keys("list", "--user=nobody")
    assert (done.code, done.out, done.err) == (1, "", "--user: There is no user 'nobody'.")


def test_nothing_to_list(db):
    assert api_keys("list") == Done(0, "", "")


def test_the_list_holds_no_text_and_no_hash(user):
    text = make().out.strip()
    listed = api_keys("list").out
    assert text[:8] in listed
    assert text[9:] not in listed
    assert "sha512" not in listed
    assert APIKey.objects.get().hashed_key[-20:] not in listed


# --- revoke -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [8, 41])
def test_revoking_by_the_prefix_or_by_the_whole_key(user, length):
    text, other = make().out.strip(), make().out.strip()
    done = api_keys("revoke", text[:length])
    assert done == Done(0, "", f"The API key 'nightly' ({text[:8]}) of user-123 is revoked.\n")
    assert (use(text)[0], use(other)[0]) == (401, 200)


def test_the_moment_of_revoking_stays(key):
    api_keys("revoke", key.prefix)
    moment = APIKey.objects.get().revoked_at
    assert api_keys("revoke", key.prefix).code == 0
    assert APIKey.objects.get().revoked_at == moment


@pytest.mark.parametrize("given", ["unknown1", "", ".", "%", "nightly"])
def test_revoking_what_is_no_key(key, given):
    done = api_keys("revoke", given)
    assert (done.code, done.out, done.err) == (1, "", "There is no API key that begins so.")
    assert APIKey.objects.get().state == "active"


def test_a_part_of_the_prefix_is_not_enough(key):
    assert api_keys("revoke", key.prefix[:7]).code == 1
    assert APIKey.objects.get().state == "active"


def test_a_name_does_not_steer_the_terminal(user):
    """A user chooses it on a page; whoever lists and revokes keys reads it in a terminal."""
    key, _ = APIKey.objects.issue(user=user, name="\x1b[2J\r\nyou: are: root")
    listed, revoked = api_keys("list").out, api_keys("revoke", key.prefix).err
    for printed in (listed, revoked):
        assert "\x1b" not in printed
        assert len(printed.splitlines()) == 1
