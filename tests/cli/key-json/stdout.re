"verb": "key"
"name": "seal"
"type": "Ed25519"
"public": "-----BEGIN PUBLIC KEY-----
