^private-key-pem +critical +anchor +private key$
schema_version
^exit 3$
