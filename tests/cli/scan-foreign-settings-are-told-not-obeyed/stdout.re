"rule": "foreign-config"
"path": "acme.tar!/package/stopwater.toml"
"verdict": "blocked"
