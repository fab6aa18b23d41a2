"""Integer keys, a tenant two steps away who is referred to by user name, and rows that are deleted softly."""

from django.conf import settings
from django.db import models


class Shop(models.Model):
    """`owner_id` holds a user name: the foreign key does not refer to the user's primary key."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, to_field="username", related_name="shops"
    )
    name = models.CharField(max_length=50)

    def __str__(self):
        return self.name


class Supplier(models.Model):
    name = models.CharField(max_length=50)

    def __str__(self):
        return self.name


class OnTheShelf(models.Manager):
    """Without what was deleted."""

    def get_queryset(self):
        return super().get_queryset().filter(deleted_at=None)


class Product(models.Model):
    shop = models.ForeignKey(Shop, models.CASCADE, related_name="products")
    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="products")
    name = models.CharField(max_length=50)
    price = models.DecimalField(max_digits=8, decimal_places=2)
    in_stock = models.BooleanField(default=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = OnTheShelf()
    everything = models.Manager()  # noqa: DJ012

    def __str__(self):
        return self.name

    def label(self) -> str:
        """What stands on the shelf. It asks for the shop: a query a row, unless that was fetched too."""
        return f"{self.shop.name}: {self.name}"
