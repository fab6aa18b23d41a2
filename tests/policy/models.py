"""Something that not everybody may see all of."""

from django.conf import settings
from django.db import models


class Contact(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(max_length=50)
    phone = models.CharField(max_length=50, null=True)
    email = models.CharField(max_length=254, null=True)
    salary = models.IntegerField(default=0)

    class Meta:
        permissions = [
            ("see_salaries", "Can see salaries"),
            ("see_phones", "Can see telephone numbers"),
            ("take_out_secrets", "Can take out secrets"),
        ]
