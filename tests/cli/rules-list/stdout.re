^github-[a-z-]+ +critical +anchor +GitHub
^key-pem-rsa +critical +anchor 
"schema_version": 1
^[0-9]{3}$
^exit 3$
