"""Pages of audit records."""

from rest_framework.pagination import PageNumberPagination


class LogPagination(PageNumberPagination):
    """`page` and `page_size`; 50 records a page unless asked otherwise, 500 at most."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500
