"""Inside of somebody's own tests: Django's test cases hold a transaction open around all that a test does."""

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connection
from django.http.response import StreamingHttpResponse
from django.test import AsyncClient, Client, TestCase, TransactionTestCase
from django.test.utils import override_settings

from exports.models import ExportLog
from tests.clients import close
from tests.conftest import make_user
from tests.engine.models import Customer, Order

PATH = "/api/exports/orders?columns=number"
FAILING = "/api/exports/orders?columns=status&formulas=reject"


class Orders:
    """Three orders of a tenant; the last one has a formula in it. A mixin for each of Django's classes."""

    def setUp(self) -> None:
        self.user = make_user("user-123")
        customer = Customer.objects.create(email="c@example.com")
        for number, status in enumerate(["new", "new", "=1+1"]):
            Order.objects.create(tenant=self.user, customer=customer, number=number, status=status)
        self.headers = {"X-User-Id": self.user.pk}

    def get(self, path: str) -> StreamingHttpResponse:
        return Client().get(path, headers=self.headers)

    def assert_goes_on(self, *outcomes: str) -> None:
        """The records say so, and the test's own transaction is as good as before."""
        Order.objects.create(
            tenant=self.user, customer=Customer.objects.get(), number=9, status="made afterwards"
        )
        assert list(ExportLog.objects.order_by("timestamp").values_list("outcome", flat=True)) == [*outcomes]
        assert Order.objects.count() == 4


class Scenarios(Orders):
    """What holds in a TestCase and in a TransactionTestCase alike."""

    def test_it_works(self) -> None:
        assert self.get(PATH).getvalue() == b"number\r\n0\r\n1\r\n2\r\n"
        self.assert_goes_on("succeeded")

    @override_settings(EXPORTS={"CHUNK_SIZE": 1})
    def test_one_that_fails_while_it_streams(self) -> None:
        response = self.get(FAILING)
        with pytest.raises(Exception, match="Row 3"):
            response.getvalue()
        self.assert_goes_on("failed")

    @override_settings(EXPORTS={"CHUNK_SIZE": 1})
    def test_one_that_is_left(self) -> None:
        response = self.get(PATH)
        next(iter(response.streaming_content))
        close(response)
        self.assert_goes_on("cancelled")

    def test_one_that_is_refused_and_the_next(self) -> None:
        assert self.get(f"{PATH}&tenant=other").status_code == 403
        assert self.get(PATH).getvalue().count(b"\r\n") == 4
        self.assert_goes_on("denied", "succeeded")

    def test_the_asynchronous_client_from_a_synchronous_test(self) -> None:
        assert async_to_sync(received)(PATH, self.headers) == b"number\r\n0\r\n1\r\n2\r\n"
        self.assert_goes_on("succeeded")


class InATestCase(Scenarios, TestCase):
    def test_there_is_a_transaction_around_it(self) -> None:
        assert connection.in_atomic_block
        self.get(PATH).getvalue()
        assert connection.in_atomic_block

    async def test_the_asynchronous_client(self) -> None:
        assert await received(PATH, self.headers) == b"number\r\n0\r\n1\r\n2\r\n"
        record = await ExportLog.objects.aget()
        assert record.outcome == "succeeded"

    @override_settings(EXPORTS={"CHUNK_SIZE": 1})
    async def test_the_asynchronous_client_that_leaves(self) -> None:
        response = await AsyncClient().get(PATH, headers=self.headers)
        async for chunk in response.streaming_content:
            assert chunk
            break
        await sync_to_async(close)(response)
        await sync_to_async(self.assert_goes_on)("cancelled")

    @override_settings(EXPORTS={"CHUNK_SIZE": 1})
    async def test_the_asynchronous_client_of_one_that_fails(self) -> None:
        with pytest.raises(Exception, match="Row 3"):
            await received(FAILING, self.headers)
        await sync_to_async(self.assert_goes_on)("failed")


class InATransactionTestCase(Scenarios, TransactionTestCase):
    def test_there_is_none_around_it(self) -> None:
        self.get(PATH).getvalue()
        assert not connection.in_atomic_block


async def received(path: str, headers: dict[str, str]) -> bytes:
    response = await AsyncClient().get(path, headers=headers)
    assert response.status_code == 200
    assert response.is_async
    return b"".join([chunk async for chunk in response.streaming_content])
