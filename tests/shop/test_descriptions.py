"""What the API tells of the dataset, before anything is exported."""

import pytest

# A page is the same on every database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]


def described(client, user) -> dict:
    client.force_login(user)
    answer = client.get("/api/exports/info").json()
    return next(found for found in answer["exports"] if found["name"] == "products")


def test_it_stands_in_info(client, ada, stock):
    stock(ada, "Bread", "Cake")
    stock(ada, "Stale bread", deleted=True)
    found = described(client, ada)
    assert found["endpoint"] == "/api/exports/products"
    assert found["description"] == "Every product on the shelves, with its supplier."
    assert found["filters"] == ["supplier", "in_stock"]
    assert found["columns"] == ["id", "name", "price", "in_stock", "supplier", "label"]
    assert found["row_count"] == 2


def test_a_stranger_counts_nothing(client, ada, grace, stock):
    stock(ada, "Bread")
    assert described(client, grace)["row_count"] == 0


@pytest.mark.parametrize("key", ["8", "grace"])
def test_a_user_whose_name_is_anothers_key_counts_own_rows(client, make_owner, stock, key):
    named, keyed = make_owner("7", key), make_owner(key, "somebody")
    stock(named, "Bread")
    assert described(client, keyed)["row_count"] == 0
    assert described(client, named)["row_count"] == 1


def test_it_stands_in_the_openapi_document(client, ada):
    client.force_login(ada)
    document = client.get("/api/schema/?format=json").json()
    operation = document["paths"]["/api/exports/products"]["get"]
    parameters = {found["name"] for found in operation["parameters"]}
    assert parameters >= {"supplier", "in_stock", "columns", "format"}
    assert "text/csv" in operation["responses"]["200"]["content"]
