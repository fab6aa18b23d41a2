"""Static files of a production."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped
    """WhiteNoise's: compressed, under names with a hash. Where `collectstatic` was forgotten, plain names.

    A page without its stylesheet is better than no sign-in page at all.
    """

    manifest_strict = False

    def stored_name(self, name: str) -> str:
        try:
            stored: str = super().stored_name(name)
        except ValueError:  # there is no such file to take a hash of
            return name
        return stored
