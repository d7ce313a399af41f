/*
 * fault.c - what broke, in one sentence for a person
 *
 * Knows: how to write a sentence that always fits.  Does not know: who prints it.
 */
#include "base/fault.h"

#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

#include "base/own.h"

void
own_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
	errno = saved;
}

#ifdef __clang_analyzer__
#undef fault_set
#undef fault_wrap
#undef fault_errno
#undef fault_memory
#endif

/* Text from outside may stand in a sentence; a newline in it must not forge a second one. */
static void
one_line(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

int
fault_set(struct fault *fault, int code, const char *format, ...)
{
	va_list args;

	if (fault == NULL)
		return code;
	fault->code = code;
	va_start(args, format);
	(void)vsnprintf(fault->text, sizeof(fault->text), format, args);
	va_end(args);
	one_line(fault->text);
	return code;
}

int
fault_errno(struct fault *fault, const char *format, ...)
{
	int error = errno;
	int code = error == ENOMEM ? FAULT_MEMORY : FAULT_IO;
	va_list args;
	size_t used;

	if (fault == NULL)
		return code;
	fault->code = code;
	va_start(args, format);
	(void)vsnprintf(fault->text, sizeof(fault->text), format, args);
	va_end(args);
	used = strlen(fault->text);
	(void)snprintf(fault->text + used, sizeof(fault->text) - used, ": %s", strerror(error));
	one_line(fault->text);
	errno = error;
	return code;
}

int
fault_wrap(struct fault *fault, int code, const char *format, ...)
{
	char inner[FAULT_TEXT_MAX];
	va_list args;
	size_t used;

	if (fault == NULL)
		return code;
	memcpy(inner, fault->text, sizeof(inner));
	va_start(args, format);
	(void)vsnprintf(fault->text, sizeof(fault->text), format, args);
	va_end(args);
	used = strlen(fault->text);
	(void)snprintf(fault->text + used, sizeof(fault->text) - used, ": %s", inner);
	one_line(fault->text);
	return code;
}

int
fault_memory(struct fault *fault)
{
	return fault_set(fault, FAULT_MEMORY, "out of memory");
}
