"""A form field of several texts, one a line."""

from typing import Any

from django import forms


class LinesField(forms.CharField):
    """A list of the lines that are not blank. With `strip=False` each is as it was typed."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        # Other characters that end a line elsewhere (str.splitlines) may stand in a value.
        text = str(super().clean(value) or "").replace("\r\n", "\n").replace("\r", "\n")
        lines = [line for line in text.split("\n") if line.strip()]
        return [line.strip() for line in lines] if self.strip else lines
