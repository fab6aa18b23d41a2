"""Models of the tests' own: what a stranger might have, and a column of every type."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class Customer(models.Model):
    email = models.EmailField()


class OpenOrders(models.Manager):
    """A soft delete: the default manager hides removed orders."""

    def get_queryset(self):
        return super().get_queryset().filter(removed=False)


class Order(models.Model):
    tenant = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE)
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=20)
    removed = models.BooleanField(default=False)
    objects = OpenOrders()
    everything = models.Manager()  # noqa: DJ012


class Line(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    article = models.CharField(max_length=20)
    price = models.DecimalField(max_digits=8, decimal_places=2)


class Sample(models.Model):
    """A column of every type that the contract names."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    text = models.TextField(null=True)
    document = models.JSONField(null=True)
    truth = models.BooleanField(null=True)
    whole = models.BigIntegerField(null=True)
    exact = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    float = models.FloatField(null=True)
    moment = models.DateTimeField(null=True)
    day = models.DateField(null=True)
    clock = models.TimeField(null=True)
    span = models.DurationField(null=True)
    key = models.UUIDField(null=True)
    address = models.GenericIPAddressField(null=True)

    VALUES: ClassVar = [
        *("text", "document", "truth", "whole", "exact", "float"),
        *("moment", "day", "clock", "span", "key", "address"),
    ]
