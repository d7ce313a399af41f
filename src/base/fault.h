/*
 * fault.h - what broke, in one sentence for a person
 *
 * A function returns < 0 when it broke (one of these codes), 0 when done, and > 0 for an answer
 * that its own header names.  A fault travels upwards unchanged; each level may add where.  Only
 * src/cmd prints it.
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stddef.h>

enum fault_code {
	FAULT_MEMORY = -1, /* allocation refused */
	FAULT_IO = -2,     /* the system refused a read, write, open, ... */
	FAULT_FORMAT = -3, /* bytes from outside are not what they claim */
	FAULT_LIMIT = -4,  /* a budget or ceiling was reached */
	FAULT_TAMPER = -5, /* a digest, signature or lock does not agree */
	FAULT_USAGE = -6,  /* the caller's options or configuration are wrong */
	FAULT_CANCEL = -7, /* the run was told to stop */
};

#define FAULT_TEXT_MAX 512

struct fault {
	int code;                  /* enum fault_code; 0: none */
	char text[FAULT_TEXT_MAX]; /* names the thing, the place and the wrong; no newline */
};

#define FAULT_INIT                                                                                 \
	{                                                                                          \
		0,                                                                                 \
		{                                                                                  \
			0                                                                          \
		}                                                                                  \
	}

/* Fill `fault` (NULL is allowed) and return `code`, so that callers can `return fault_set(...)`. */
int fault_set(struct fault *fault, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As fault_set with FAULT_IO (FAULT_MEMORY for ENOMEM), ": " and the text of errno appended. */
int fault_errno(struct fault *fault, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Put "WHERE: " in front of the text already there; returns `code` unchanged. */
int fault_wrap(struct fault *fault, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* FAULT_MEMORY with the usual sentence. */
int fault_memory(struct fault *fault);

#ifdef __clang_analyzer__
/* clang's analyzer looks at one file at a time; tell it which of these are below zero. */
#define fault_set(fault, code, ...)  ((void)fault_set(fault, code, __VA_ARGS__), (code))
#define fault_wrap(fault, code, ...) ((void)fault_wrap(fault, code, __VA_ARGS__), (code))
#define fault_errno(fault, ...)      ((void)fault_errno(fault, __VA_ARGS__), FAULT_IO)
#define fault_memory(fault)          ((void)fault_memory(fault), FAULT_MEMORY)
#endif

#endif
