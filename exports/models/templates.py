"""Choices that are kept: what to export, under a name."""

import json
import uuid
from hashlib import sha256
from typing import Any, ClassVar, Self

from django.db import models, router
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class TemplateQuerySet(models.QuerySet["ExportTemplate"]):
    """Templates, in the terms in which the engine asks for them."""

    def primary(self) -> Self:
        """On the database that is written."""
        return self.using(router.db_for_write(ExportTemplate))

    def of(self, user: object) -> Self:
        """Those that this user has made."""
        return self.filter(user=str(getattr(user, "pk", "")))

    def usable_by(self, user: object) -> Self:
        """Those, and those of others that are shared with them."""
        key = str(getattr(user, "pk", ""))
        shared = TemplateShare.objects.filter(template=models.OuterRef("pk"), user=key)
        return self.filter(models.Q(user=key) | models.Exists(shared))


class ExportTemplate(models.Model):
    """A dataset and the parameters of an export. Whoever runs it gets rows of their own."""

    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    user = models.CharField(_("user"), max_length=255, help_text=_("Primary key of whose it is."))
    name = models.CharField(_("name"), max_length=100)
    dataset = models.CharField(_("dataset"), max_length=100)
    parameters = models.JSONField(
        _("parameters"),
        default=dict,
        blank=True,
        help_text=_("A list of values for each parameter; dates may be relative, such as: last month."),
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("changed at"), auto_now=True)

    objects = TemplateQuerySet.as_manager()

    class Meta:
        verbose_name = _("export template")
        verbose_name_plural = _("export templates")
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "name"], name="exporttemplate_one_name")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def fingerprint(self) -> str:
        """The same as long as it exports the same."""
        text = json.dumps([self.dataset, self.parameters], sort_keys=True)
        return sha256(text.encode()).hexdigest()


class TemplateShare(models.Model):
    """A user who may run somebody else's template."""

    template = models.ForeignKey(ExportTemplate, models.CASCADE, related_name="shares")
    user = models.CharField(_("user"), max_length=255)

    class Meta:
        verbose_name = _("share of a template")
        verbose_name_plural = _("shares of templates")
        default_permissions = ()
        ordering: ClassVar = ["user"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["template", "user"], name="templateshare_once")
        ]
        indexes: ClassVar = [models.Index(fields=["user"], name="templateshare_user")]

    def __str__(self) -> str:
        return self.user


class TemplateCursor(models.Model):
    """How far a user has got by a template: where its next run by hand goes on."""

    template = models.ForeignKey(ExportTemplate, models.CASCADE, related_name="cursors")
    user = models.CharField(_("user"), max_length=255)
    cursor = models.CharField(_("cursor"), max_length=100)

    class Meta:
        verbose_name = _("cursor of a template")
        verbose_name_plural = _("cursors of templates")
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["template", "user"], name="templatecursor_once")
        ]

    def __str__(self) -> str:
        return self.cursor

    @classmethod
    def advance(cls, template_id: Any, user: str, since: str, cursor: str) -> None:
        """Goes on to `cursor`, after an export of what was created after `since`: never back, over no gap.

        Cursors are moments, which sort as texts do; the empty one is before all.
        """
        rows = cls.objects.using(router.db_for_write(cls))
        row, _new = rows.get_or_create(template_id=template_id, user=user, defaults={"cursor": ""})
        rows.filter(pk=row.pk, cursor__gte=since, cursor__lt=cursor).update(cursor=cursor)
