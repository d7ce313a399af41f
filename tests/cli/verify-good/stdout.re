^a\.tar: GOOD$
^  sha256     [0-9a-f]{64}$
^  verdict    pass, judged by profile public-release$
^  scanned    2026-11-24T00:00:00Z by stopwater [0-9.]+$
^  detectors  .*debris
^  policy     [0-9a-f]{64}$
^  register   none$
^  coverage   1 things, 31 bytes after unpacking: 31 bytes examined, 0 bytes skipped, 0 bytes not examined$
!package\.json
