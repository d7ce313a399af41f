^a\.tar: GOOD$
^  register   2026-11-01T00:00:00Z$
"register_date": "2026-11-01T00:00:00Z"
^\['date', 'salt', 'salted_sha256'\] False False$
