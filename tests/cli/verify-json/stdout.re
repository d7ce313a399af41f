"verb": "verify"
"exit": 0
"proven": true
"verdict": "pass"
"profile": "public-release"
"detectors": \[
"not_examined_bytes": 0
