out.jar was not written: the jar is signed \(META-INF/SIGNER\.(SF|RSA)\)
