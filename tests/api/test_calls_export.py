"""The two tests that callers of the service were promised, word for word."""

# fmt: off


def test_calls_export_authenticated(client, auth_headers):
    response = client.get('/api/exports/calls', headers=auth_headers)
    assert response.status_code == 200
    assert response.headers['Content-Type'] == 'text/csv'
    assert 'calls_export' in response.headers['Content-Disposition']


def test_calls_export_unauthorized(client):
    response = client.get('/api/exports/calls')
    assert response.status_code == 401
