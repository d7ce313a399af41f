/*
 * pkey.h - what key.c and sign.c share of libcrypto; nobody outside seal includes it
 */
#ifndef SEAL_PKEY_H
#define SEAL_PKEY_H

#include "seal/key.h"

/* libcrypto calls it EVP_PKEY. */
struct evp_pkey_st;

/* For AUTO. */
void pkey_free(struct evp_pkey_st **pkey);

/* The public half; FAULT_USAGE for a kind of key that key.h does not name. */
int pkey_public(struct evp_pkey_st *pkey, struct key_public *out, struct fault *fault);

#endif
