id_rsa
