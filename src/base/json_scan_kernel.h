/*
 * json_scan_kernel.h - the loops of json_scan.c, written once; included once per instruction set
 *
 * KERNEL(verb)          name of the function
 * KERNEL_TARGET         its target attribute
 * KERNEL_BYTES          how many bytes KERNEL_PLAIN and KERNEL_COPY take
 * KERNEL_PLAIN(at)      index of the first byte that is not plain ASCII, KERNEL_BYTES: none
 * KERNEL_COPY(to, from) copy KERNEL_BYTES
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
			if (run == KERNEL_BYTES)
				continue;
		} else if (is_plain_ascii(*p)) {
			p++;
			continue;
		}
		if (*p < 0x80)
			break;
		length = text_utf8_sequence((struct bytes){p, (size_t)(end - p)});
		if (length == 0)
			break;
		p += length;
	}
	return (size_t)(p - at);
}

KERNEL_TARGET static void
KERNEL(unescape)(struct json_unescape *u)
{
	const uint8_t *in = u->in, *end = u->in_end;
	uint8_t *out = u->out, *last = u->out_end - JSON_UNESCAPE_SLACK;

	while (in < end && out <= last) {
		size_t length;

		if ((size_t)(end - in) >= KERNEL_BYTES && last - out >= KERNEL_BYTES) {
			unsigned run = KERNEL_PLAIN(in);

			KERNEL_COPY(out, in);
			in += run;
			out += run;
			if (run == KERNEL_BYTES)
				continue;
		} else if (is_plain_ascii(*in)) {
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
		length = text_utf8_sequence((struct bytes){in, (size_t)(end - in)});
		if (length == 0)
			break;
		for (size_t i = 0; i < length; i++)
			*out++ = *in++;
	}
	u->in = in;
	u->out = out;
}

#undef KERNEL
#undef KERNEL_TARGET
#undef KERNEL_BYTES
#undef KERNEL_PLAIN
#undef KERNEL_COPY
