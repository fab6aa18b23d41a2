"""Reads nmap's XML (`nmap -oX`), one host at a time, and trusts none of it."""

import datetime as dt
from collections.abc import Iterator
from typing import IO
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DTDForbidden
from defusedxml.ElementTree import DefusedXMLParser, iterparse

from .found import FoundHost, NmapError, moment, read_host, shown

# Room for what the XML parser says by itself, with line and column, and for 50 characters of the file.
REASON = 64


class _Parser(DefusedXMLParser):
    """Allows nmap's DOCTYPE line, which names a document type at most, and nothing that declares anything."""

    def __init__(self) -> None:
        super().__init__(forbid_dtd=True, forbid_entities=True, forbid_external=True)

    def defused_start_doctype_decl(
        self, name: str, sysid: str | None, pubid: str | None, has_internal_subset: int
    ) -> None:
        if has_internal_subset:
            raise DTDForbidden(name, sysid, pubid)


class NmapRun:
    """One run of nmap: what it was, its hosts as they are read, and, after the last one, when it finished.

    Every part raises NmapError when the file does not hold what it should.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._elements = _elements(file)
        self._root = next(self._elements)
        if self._root.tag != "nmaprun" or self._root.get("scanner", "nmap") != "nmap":
            raise NmapError("it is not the XML of an nmap run (nmap -oX)")
        self.arguments = self._root.get("args", "")
        self.started_at = moment(self._root.get("start"))
        self.finished_at: dt.datetime | None = None

    def hosts(self) -> Iterator[FoundHost]:
        for element in self._elements:
            if element.tag == "host":
                yield read_host(element, self.started_at)
            elif element.tag == "runstats":
                self.finished_at = _finished(element)
            self._root.clear()  # nothing piles up, however many hosts there are
        if self.finished_at is None:
            raise NmapError("nmap did not finish: the file ends without <finished>")


def _elements(file: IO[bytes]) -> Iterator[Element]:
    """The root as it opens, then its children, each whole."""
    depth = 0
    try:
        for event, element in iterparse(file, ("start", "end"), parser=_Parser()):
            depth += 1 if event == "start" else -1
            if depth == 1:
                yield element
    except (ParseError, ValueError, LookupError) as error:  # LookupError: an unknown encoding
        # Cut: it can hold a name of the file's, of any length.
        raise NmapError(f"it is not sound XML, or not all of it is there ({str(error)[:REASON]})") from error


def _finished(runstats: Element) -> dt.datetime | None:
    finished = runstats.find("finished")
    if finished is None:
        return None
    if finished.get("exit", "success") != "success":
        raise NmapError(f"nmap failed: {shown(finished.get('errormsg', 'no reason given'))}")
    return moment(finished.get("time"))
