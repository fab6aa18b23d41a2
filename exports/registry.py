"""The exports that exist, by name."""

from collections.abc import Callable, Iterator
from typing import Final

from django.db.models import Model

from .definitions import ModelExport
from .exceptions import AlreadyRegistered, DatasetNotFound


class ExportRegistry:
    """Definitions by name, in the order of registration."""

    def __init__(self) -> None:
        self._definitions: dict[str, ModelExport] = {}

    def register[E: ModelExport](self, model: type[Model]) -> Callable[[type[E]], type[E]]:
        """A class decorator: makes the ModelExport known for `model`. Raises AlreadyRegistered."""

        def decorate(export_class: type[E]) -> type[E]:
            export_class.model = model
            definition = export_class()
            name = definition.get_name()
            if name in self._definitions:
                other = type(self._definitions[name])
                raise AlreadyRegistered(f"{other.__module__}.{other.__qualname__} is registered as {name!r}.")
            self._definitions[name] = definition
            return export_class

        return decorate

    def unregister(self, name: str) -> None:
        """Forgets the export of this name. Raises DatasetNotFound."""
        if self._definitions.pop(name, None) is None:
            raise DatasetNotFound

    def move_to_end(self, name: str) -> None:
        """Lets the export of this name come after all that there are by now."""
        self._definitions[name] = self._definitions.pop(name)

    def get(self, name: str) -> ModelExport:
        """The definition of this name. Raises DatasetNotFound."""
        try:
            return self._definitions[name]
        except KeyError:
            raise DatasetNotFound from None

    def __iter__(self) -> Iterator[ModelExport]:
        return iter(self._definitions.values())


registry: Final = ExportRegistry()
"""The one registry that autodiscovery fills and every door reads."""

register = registry.register
