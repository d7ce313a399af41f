/*
 * weights_pickle.c - pickles: read as a list of opcodes, never run
 *
 * Knows: the length of every opcode of protocols 0 to 5; what is imported; how PyTorch names its
 * storages, so that parameters can be counted; which imports run code when it is loaded.
 * Does not know: values; a string that code would put together is not followed.
 * After pickletools.py of CPython.
 */
#include "detect/weights_read.h"

#include <stdio.h>

#include "base/own.h"

#define PICKLES_MAX    8 /* old PyTorch files are five in a row, then raw bytes */
#define LINE_MAX_BYTES 512

enum op {
	OP_STOP = '.',
	OP_GLOBAL = 'c',
	OP_INST = 'i',
	OP_PERSID = 'Q',
	OP_BININT = 'J',
	OP_BININT1 = 'K',
	OP_BININT2 = 'M',
	OP_LONG1 = 0x8a,
	OP_STACK_GLOBAL = 0x93,
	OP_MEMOIZE = 0x94,
	OP_BINPUT = 'q',
	OP_LONG_BINPUT = 'r',
	OP_BINGET = 'h',
	OP_LONG_BINGET = 'j',
	OP_SHORT_UNICODE = 0x8c,
	OP_UNICODE = 'X',
	OP_SHORT_STRING = 'U',
	OP_STRING = 'T',
};

/* How the argument of an opcode is written: 0-9 fixed bytes, a b h q: length of 1, 2... bytes in
 * front, l a line, L two lines. */
static char
argument(uint8_t op)
{
	switch (op) {
	case '(':
	case '.':
	case '0':
	case '1':
	case '2':
	case 'N':
	case 'Q':
	case 'R':
	case 'a':
	case 'b':
	case 'd':
	case '}':
	case 'e':
	case 'l':
	case ']':
	case 'o':
	case 's':
	case 't':
	case ')':
	case 'u':
	case 0x81:
	case 0x85:
	case 0x86:
	case 0x87:
	case 0x88:
	case 0x89:
	case 0x8f:
	case 0x90:
	case 0x91:
	case 0x92:
	case 0x93:
	case 0x94:
	case 0x97:
	case 0x98:
		return '0';
	case 'K':
	case 'h':
	case 'q':
	case 0x80:
	case 0x82:
		return '1';
	case 'M':
	case 0x83:
		return '2';
	case 'J':
	case 'j':
	case 'r':
	case 0x84:
		return '4';
	case 'G':
	case 0x95:
		return '8';
	case 'U':
	case 'C':
	case 0x8a:
	case 0x8c:
		return 'a';
	case 'T':
	case 'X':
	case 'B':
	case 0x8b:
		return 'h';
	case 0x8d:
	case 0x8e:
	case 0x96:
		return 'q';
	case 'F':
	case 'I':
	case 'L':
	case 'P':
	case 'S':
	case 'V':
	case 'g':
	case 'p':
		return 'l';
	case 'c':
	case 'i':
		return 'L';
	default:
		return 0;
	}
}

static int
take_line(struct bytes *in, struct bytes *line)
{
	const uint8_t *end =
	    memchr(in->at, '\n', in->left < LINE_MAX_BYTES ? in->left : LINE_MAX_BYTES);
	struct bytes newline;

	if (end == NULL)
		return -1;
	(void)bytes_take(in, (size_t)(end - in->at), line);
	return bytes_take(in, 1, &newline);
}

/* Imports that run what the file says as soon as it is loaded. */
static bool
is_dangerous(const char *module, const char *name)
{
	static const char *const modules[] = {
	    "os",       "posix",   "nt",        "subprocess", "pty", "socket",
	    "runpy",    "shutil",  "commands",  "webbrowser", "pip", "asyncio.subprocess",
	    "ctypes",   "code",    "importlib", "timeit",     "bdb", "pdb",
	    "cProfile", "profile",
	};
	static const char *const builtins[] = {"eval",    "exec",     "compile", "__import__",
					       "getattr", "execfile", "open",    "apply"};

	for (size_t i = 0; i < ARRAY_LEN(modules); i++)
		if (strcmp(module, modules[i]) == 0)
			return true;
	if (strcmp(module, "builtins") != 0 && strcmp(module, "__builtin__") != 0)
		return strcmp(module, "operator") == 0 && strcmp(name, "attrgetter") == 0;
	for (size_t i = 0; i < ARRAY_LEN(builtins); i++)
		if (strcmp(name, builtins[i]) == 0)
			return true;
	return false;
}

static bool
begins(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static void
on_import(struct weights_pickle *p, const char *module, const char *name)
{
	static const struct {
		const char *name, *dtype;
		unsigned bytes;
	} storages[] = {
	    {"FloatStorage", "F32", 4},  {"HalfStorage", "F16", 2}, {"BFloat16Storage", "BF16", 2},
	    {"DoubleStorage", "F64", 8}, {"LongStorage", "I64", 8}, {"IntStorage", "I32", 4},
	    {"ByteStorage", "U8", 1},    {"CharStorage", "I8", 1},  {"BoolStorage", "bool", 1},
	};

	if (is_dangerous(module, name) && p->info->code[0] == '\0')
		(void)snprintf(p->info->code, sizeof(p->info->code), "%.30s.%.30s", module, name);
	p->torch |= strcmp(module, "torch") == 0 || begins(module, "torch.");
	p->learned |= begins(module, "sklearn") || begins(module, "xgboost") ||
		      begins(module, "lightgbm") || begins(module, "catboost") ||
		      begins(module, "keras");
	if (strcmp(module, "torch") != 0)
		return;
	for (size_t i = 0; i < ARRAY_LEN(storages); i++)
		if (strcmp(name, storages[i].name) == 0) {
			p->storage_bytes = storages[i].bytes;
			if (p->info->dtype[0] == '\0')
				weights_name(p->info->dtype, sizeof(p->info->dtype),
					     bytes_text(storages[i].dtype));
		}
}

static void
on_string(struct weights_pickle *p, struct bytes text)
{
	memcpy(p->strings[1], p->strings[0], sizeof(p->strings[0]));
	weights_name(p->strings[0], sizeof(p->strings[0]), text);
	p->top_is_string = true;
	p->info->optimizer |=
	    strcmp(p->strings[0], "exp_avg") == 0 || strcmp(p->strings[0], "param_groups") == 0;
}

static int
memo_put(struct weights_pickle *p, uint64_t index)
{
	if (index >= WEIGHTS_MEMO_MAX || (!p->top_is_string && p->memo == NULL))
		return 0;
	if (p->memo == NULL)
		p->memo = arena_alloc(p->arena, sizeof(p->memo[0]) * WEIGHTS_MEMO_MAX);
	if (p->memo == NULL)
		return FAULT_MEMORY;
	if (p->top_is_string)
		memcpy(p->memo[index], p->strings[0], sizeof(p->memo[index]));
	else
		p->memo[index][0] = '\0';
	return 0;
}

static void
memo_get(struct weights_pickle *p, uint64_t index)
{
	if (index < WEIGHTS_MEMO_MAX && p->memo != NULL && p->memo[index][0] != '\0')
		on_string(p, bytes_text(p->memo[index]));
}

/* What an opcode with a number or a string means here. */
static int
on_op(struct weights_pickle *p, uint8_t op, uint64_t number, struct bytes text)
{
	bool keeps_top = false;
	int r = 0;

	switch (op) {
	case OP_BININT:
	case OP_BININT1:
	case OP_BININT2:
	case OP_LONG1:
		p->last_int = number;
		break;
	case OP_PERSID:
		/* ('storage', torch.FloatStorage, '0', 'cpu', 4096) */
		p->info->tensors++;
		p->info->parameters = weights_plus(p->info->parameters, p->last_int);
		p->info->bytes =
		    weights_plus(p->info->bytes, weights_times(p->last_int, p->storage_bytes));
		break;
	case OP_SHORT_UNICODE:
	case OP_UNICODE:
	case OP_SHORT_STRING:
	case OP_STRING:
		on_string(p, text);
		keeps_top = true;
		break;
	case OP_MEMOIZE:
		r = memo_put(p, p->memo_count++);
		keeps_top = true;
		break;
	case OP_BINPUT:
	case OP_LONG_BINPUT:
		r = memo_put(p, number);
		keeps_top = true;
		break;
	case OP_BINGET:
	case OP_LONG_BINGET:
		memo_get(p, number);
		keeps_top = true;
		break;
	case OP_STACK_GLOBAL:
		on_import(p, p->strings[1], p->strings[0]);
		break;
	default:
		break;
	}
	if (!keeps_top)
		p->top_is_string = false;
	return r;
}

static int
take_little(struct bytes *in, unsigned bytes, uint64_t *out)
{
	struct bytes raw;

	*out = 0;
	if (bytes_take(in, bytes, &raw) < 0)
		return -1;
	for (unsigned i = 0; i < bytes; i++)
		*out |= (uint64_t)raw.at[i] << (8 * i);
	return 0;
}

static uint64_t
little_of(struct bytes text)
{
	uint64_t out = 0;

	for (size_t i = 0; i < text.left && i < 8; i++)
		out |= (uint64_t)text.at[i] << (8 * i);
	return out;
}

/* GLOBAL and INST: module and name on lines of their own. */
static int
take_import(struct weights_pickle *p, struct bytes *in)
{
	char module[WEIGHTS_TEXT_MAX], name[WEIGHTS_TEXT_MAX];
	struct bytes line;

	if (take_line(in, &line) < 0)
		return -1;
	weights_name(module, sizeof(module), line);
	if (take_line(in, &line) < 0)
		return -1;
	weights_name(name, sizeof(name), line);
	on_import(p, module, name);
	p->top_is_string = false;
	return 0;
}

/* One opcode.  1: the end of a pickle; -1: not a pickle. */
static int
take_op(struct weights_pickle *p, struct bytes in, bool *no_memory)
{
	size_t before = in.left;
	struct bytes text = {0};
	uint64_t number = 0;
	char kind;
	uint8_t op;

	if (bytes_take_u8(&in, &op) < 0)
		return -1;
	kind = argument(op);
	if (kind >= '0' && kind <= '9') {
		if (take_little(&in, (unsigned)(kind - '0'), &number) < 0)
			return -1;
	} else if (kind == 'a' || kind == 'h' || kind == 'q') {
		if (take_little(&in, kind == 'a' ? 1 : kind == 'h' ? 4 : 8, &number) < 0)
			return -1;
		text = bytes_slice(in, 0, number > in.left ? in.left : (size_t)number);
		p->at = weights_plus(p->at, number);
		if (op == OP_LONG1)
			number = little_of(text);
	} else if (kind == 'l') {
		if (take_line(&in, &text) < 0)
			return -1;
	} else if (kind != 'L' || take_import(p, &in) < 0) {
		return -1;
	}
	p->at = weights_plus(p->at, before - in.left);
	if (kind != 'L')
		*no_memory = on_op(p, op, number, text) < 0;
	return op == OP_STOP;
}

static void
settle(struct weights_pickle *p)
{
	/* Code of TorchScript imports torch as well; only storages are weights. */
	if (p->torch && p->info->tensors > 0)
		p->info->rule = weights_rule_pytorch;
	else if (p->learned)
		p->info->rule = weights_rule_pickle;
	else if (p->info->code[0] != '\0')
		p->info->rule = weights_rule_code;
}

int
weights_pickle_feed(struct weights_pickle *p, const struct detect_window *window)
{
	bool no_memory = false;
	struct bytes in;

	while (!p->done && !no_memory && weights_at(window, p->at, WEIGHTS_HEADER_MAX, &in)) {
		int r;

		/* Another one must begin with its protocol; else raw bytes follow. */
		if (p->between && !(in.left >= 2 && in.at[0] == 0x80 && in.at[1] <= 5)) {
			p->done = true;
			break;
		}
		p->between = false;
		r = take_op(p, in, &no_memory);
		if (r < 0)
			p->done = true;
		if (r == 1) {
			p->memo_count = 0;
			p->between = true;
			p->done = ++p->pickles == PICKLES_MAX;
		}
	}
	settle(p);
	return no_memory ? FAULT_MEMORY : 0;
}
