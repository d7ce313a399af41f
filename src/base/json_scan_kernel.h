/*
 * json_scan_kernel.h - the loops of json_scan.c, written once; included once per instruction set
 *
 * KERNEL(verb)          name of the function
 * KERNEL_TARGET         its target attribute
 * KERNEL_BYTES          how many bytes KERNEL_PLAIN and KERNEL_COPY take
 * KERNEL_PLAIN(at)      index of the first byte that is not plain ASCII, KERNEL_BYTES: none
 * KERNEL_COPY(to, from) copy KERNEL_BYTES
 *
 * Optional, for wide registers:
 * KERNEL_MASKS(at, odd, slash)        a bit for each of 64 bytes: KERNEL_PLAIN stops there; a '\\'
 * KERNEL_COPY_64(to, from, count)     copy `count` <= 64 bytes; may read and write 64
 */

KERNEL_TARGET static size_t
KERNEL(plain)(const uint8_t *at, size_t left)
{
	const uint8_t *p = at, *end = at + left;

	while (p < end) {
		size_t length;

		if ((size_t)(end - p) >= KERNEL_BYTES) {
			unsigned run = KERNEL_PLAIN(p);

			p += run;
			if (run == KERNEL_BYTES) {
#ifdef KERNEL_MASKS
				/* A constant step, so that no block waits for the one before. */
				for (uint64_t odd = 0, slash; end - p >= 64; p += 64) {
					KERNEL_MASKS(p, odd, slash);
					(void)slash;
					if (odd != 0)
						break;
				}
#endif
				continue;
			}
		} else if (is_plain_ascii(*p)) {
			p++;
			continue;
		}
		if (*p < 0x80)
			break;
		do { /* scripts other than Latin come in runs */
			length = text_utf8_sequence((struct bytes){p, (size_t)(end - p)});
			p += length;
		} while (length > 0 && p < end && *p >= 0x80);
		if (length == 0)
			break;
	}
	return (size_t)(p - at);
}

#ifdef KERNEL_MASKS
/* 64 bytes at a time while there is room for them: the masks of one block do not wait for the
 * escapes of the block before, so the CPU works on both at once.  Stops at what unescape() stops at
 * and at what is not ASCII. */
KERNEL_TARGET static inline bool
KERNEL(unescape_block)(const uint8_t **in_at, uint8_t **out_at)
{
	const uint8_t *in = *in_at;
	uint8_t *out = *out_at;
	uint64_t odd, slash;
	unsigned from = 0, at;

	KERNEL_MASKS(in, odd, slash);
	while (odd != 0) {
		uint8_t byte;

		at = (unsigned)__builtin_ctzll(odd);
		KERNEL_COPY_64(out, in + from, at - from);
		out += at - from;
		byte = escapes[in[at + 1]];
		if ((slash >> at & 1) == 0 || byte == 0) {
			*in_at = in + at;
			*out_at = out;
			return false;
		}
		*out++ = byte;
		from = at + 2;
		odd &= from < 64 ? ~(uint64_t)0 << from : 0;
	}
	if (from < 64) {
		KERNEL_COPY_64(out, in + from, 64 - from);
		out += 64 - from;
		from = 64;
	}
	*in_at = in + from;
	*out_at = out;
	return true;
}
#endif

KERNEL_TARGET static void
KERNEL(unescape)(struct json_unescape *u)
{
	const uint8_t *in = u->in, *end = u->in_end;
	uint8_t *out = u->out, *last = u->out_end - JSON_UNESCAPE_SLACK;

	while (in < end && out <= last) {
		size_t length;

#ifdef KERNEL_MASKS
		if (end - in >= 128 && last - out >= 128 && KERNEL(unescape_block)(&in, &out))
			continue;
#else
		if ((size_t)(end - in) >= KERNEL_BYTES && last - out >= KERNEL_BYTES) {
			unsigned run = KERNEL_PLAIN(in);

			KERNEL_COPY(out, in);
			in += run;
			out += run;
			if (run == KERNEL_BYTES)
				continue;
		}
#endif
		if (is_plain_ascii(*in)) {
			*out++ = *in++;
			continue;
		}
		if (*in == '\\') {
			if (end - in < 2 || escapes[in[1]] == 0)
				break;
			*out++ = escapes[in[1]];
			in += 2;
			continue;
		}
		if (*in < 0x80)
			break;
		do {
			length = text_utf8_sequence((struct bytes){in, (size_t)(end - in)});
			for (size_t i = 0; i < length; i++)
				*out++ = *in++;
		} while (length > 0 && in < end && *in >= 0x80 && out <= last);
		if (length == 0)
			break;
	}
	u->in = in;
	u->out = out;
}

#undef KERNEL
#undef KERNEL_TARGET
#undef KERNEL_BYTES
#undef KERNEL_PLAIN
#undef KERNEL_COPY
#undef KERNEL_MASKS
#undef KERNEL_COPY_64
