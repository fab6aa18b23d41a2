"""Pages of a production whose static files were not collected."""

import pytest

from exports_project.static_files import StaticFilesStorage

pytestmark = pytest.mark.sqlite  # no row is read


def test_without_collected_files_there_are_plain_names(settings, tmp_path):
    settings.DEBUG = False
    storage = StaticFilesStorage(location=tmp_path, base_url="/static/")
    assert storage.url("exports/exports.css") == "/static/exports/exports.css"


def test_with_them_names_have_a_hash(settings, tmp_path):
    settings.DEBUG = False
    (tmp_path / "page.css").write_text("p {}")
    storage = StaticFilesStorage(location=tmp_path, base_url="/static/")
    list(storage.post_process({"page.css": (storage, "page.css")}))
    assert storage.url("page.css").startswith("/static/page.")
    assert storage.url("page.css") != "/static/page.css"
