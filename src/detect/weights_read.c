/*
 * weights_read.c - what the readers of weights share, and the small formats
 *
 * Knows: windows by offset; ggml, TFLite, NumPy, HDF5 of Keras, SentencePiece, Parquet by their
 * front or end.  Does not know: what any of them is worth.
 */
#include "detect/weights_read.h"

#include <stdio.h>

#include "base/own.h"
#include "base/text.h"

const char weights_rule_safetensors[] = "weights-safetensors";
const char weights_rule_gguf[] = "weights-gguf";
const char weights_rule_ggml[] = "weights-ggml";
const char weights_rule_onnx[] = "weights-onnx";
const char weights_rule_coreml[] = "weights-coreml";
const char weights_rule_saved_model[] = "weights-saved-model";
const char weights_rule_tflite[] = "weights-tflite";
const char weights_rule_pytorch[] = "weights-pytorch";
const char weights_rule_pickle[] = "weights-pickle";
const char weights_rule_arrays[] = "weights-arrays";
const char weights_rule_keras[] = "weights-keras";
const char weights_rule_tfjs[] = "weights-tfjs";
const char weights_rule_code[] = "weights-pickle-code";
const char weights_rule_config[] = "model-config";
const char weights_rule_recipe[] = "training-recipe";
const char weights_rule_tokenizer[] = "tokenizer";
const char weights_rule_notebook[] = "notebook";
const char weights_rule_prompt[] = "system-prompt";
const char weights_rule_data[] = "training-data";

bool
weights_at(const struct detect_window *window, uint64_t at, size_t need, struct bytes *out)
{
	uint64_t end = window->at_bytes + window->length;

	if (at < window->at_bytes || at > end || (end - at < need && !window->last))
		return false;
	*out = bytes_make(window->at + (at - window->at_bytes), (size_t)(end - at));
	return true;
}

void
weights_name(char *out, size_t room, struct bytes name)
{
	size_t length = name.left < room - 1 ? name.left : room - 1;

	for (size_t i = 0; i < length; i++)
		out[i] = name.at[i] < 0x20 || name.at[i] > 0x7e ? '?' : (char)name.at[i];
	out[length] = '\0';
}

uint64_t
weights_times(uint64_t a, uint64_t b)
{
	uint64_t out;

	return __builtin_mul_overflow(a, b, &out) ? UINT64_MAX : out;
}

uint64_t
weights_plus(uint64_t a, uint64_t b)
{
	uint64_t out;

	return __builtin_add_overflow(a, b, &out) ? UINT64_MAX : out;
}

/* The containers of llama.cpp and whisper.cpp before GGUF: magic, version, sizes of the model. */
bool
weights_ggml(struct bytes front, struct weights_info *info)
{
	bool versioned;
	uint32_t value;

	if (bytes_begins(front, BYTES_OF("lmgg")))
		versioned = false;
	else if (bytes_begins(front, BYTES_OF("tjgg")) || bytes_begins(front, BYTES_OF("fmgg")))
		versioned = true;
	else
		return false;
	(void)bytes_skip(&front, 4);
	if (versioned && (bytes_take_le32(&front, &value) < 0 || value == 0 || value > 10))
		return false;
	/* Vocabulary and width: small whole numbers, never 0. */
	for (int i = 0; i < 2; i++)
		if (bytes_take_le32(&front, &value) < 0 || value == 0 || value > 2000000)
			return false;
	info->rule = weights_rule_ggml;
	return true;
}

/* A field of a flatbuffer table: offset of what it points to; 0: absent or out of bounds. */
static size_t
flat_field(struct bytes in, size_t table, unsigned field)
{
	struct bytes at = bytes_slice(in, table, 4);
	uint32_t back, step;
	uint16_t vtable_bytes, offset;
	size_t vtable, target;

	if (bytes_take_le32(&at, &back) < 0 || back > table)
		return 0;
	vtable = table - back;
	at = bytes_slice(in, vtable, 2);
	if (bytes_take_le16(&at, &vtable_bytes) < 0 || 4 + field * 2 + 2 > vtable_bytes)
		return 0;
	at = bytes_slice(in, vtable + 4 + (size_t)field * 2, 2);
	if (bytes_take_le16(&at, &offset) < 0 || offset == 0)
		return 0;
	target = table + offset;
	at = bytes_slice(in, target, 4);
	if (bytes_take_le32(&at, &step) < 0 || step > in.left)
		return 0;
	return target + step;
}

/* Elements of the vector at `at`, 0 out of bounds. */
static uint32_t
flat_count(struct bytes in, size_t at)
{
	struct bytes from = bytes_slice(in, at, 4);
	uint32_t count;

	return at == 0 || bytes_take_le32(&from, &count) < 0 ? 0 : count;
}

/* TFLite: Model { version, operator_codes, subgraphs, description, buffers }. */
bool
weights_tflite(struct bytes front, struct weights_info *info)
{
	struct bytes head = front, at;
	uint32_t root, step;
	size_t graphs, tensors;

	if (front.left < 8 || memcmp(front.at + 4, "TFL3", 4) != 0 ||
	    bytes_take_le32(&head, &root) < 0)
		return false;
	info->rule = weights_rule_tflite;
	graphs = flat_field(front, root, 2);
	at = bytes_slice(front, graphs + 4, 4);
	if (flat_count(front, graphs) == 0 || bytes_take_le32(&at, &step) < 0)
		return true;
	tensors = flat_field(front, graphs + 4 + step, 0);
	info->tensors = flat_count(front, tensors);
	if (info->tensors > front.left)
		info->tensors = 0;
	return true;
}

/* NumPy: a line of Python that tells type and shape. */
bool
weights_npy(struct bytes front, struct weights_info *info)
{
	struct bytes header;
	ptrdiff_t shape, type;

	if (!bytes_begins(front, BYTES_OF("\x93NUMPY")) || front.left < 12)
		return false;
	info->rule = weights_rule_arrays;
	info->small_is_usual = true;
	info->tensors = info->parameters = 1;
	header = bytes_slice(front, 10, 512);
	type = bytes_find(header, BYTES_OF("'descr': '"));
	if (type >= 0) {
		struct bytes name = bytes_slice(header, (size_t)type + 10, 8);
		const uint8_t *end = memchr(name.at, '\'', name.left);

		if (end != NULL)
			name.left = (size_t)(end - name.at);
		weights_name(info->dtype, sizeof(info->dtype), name);
	}
	shape = bytes_find(header, BYTES_OF("'shape': ("));
	if (shape < 0)
		return true;
	header = bytes_slice(header, (size_t)shape + 10, header.left);
	for (uint64_t value = 0; header.left > 0; (void)bytes_skip(&header, 1)) {
		uint8_t c = header.at[0];

		if (c >= '0' && c <= '9') {
			value = weights_plus(weights_times(value, 10), (uint64_t)(c - '0'));
			continue;
		}
		if (header.at[-1] >= '0' && header.at[-1] <= '9')
			info->parameters = weights_times(info->parameters, value);
		value = 0;
		if (c == ')')
			break;
	}
	return true;
}

/* HDF5 is a file system; what Keras keeps in it has names of its own near the front. */
bool
weights_hdf5(struct bytes front, struct weights_info *info)
{
	if (!bytes_begins(front, BYTES_OF("\x89HDF\r\n\x1a\n")))
		return false;
	if (bytes_find(front, BYTES_OF("keras_version")) < 0 &&
	    bytes_find(front, BYTES_OF("model_weights")) < 0 &&
	    bytes_find(front, BYTES_OF("layer_names")) < 0)
		return false;
	info->rule = weights_rule_keras;
	info->optimizer = bytes_find(front, BYTES_OF("optimizer_weights")) >= 0;
	return true;
}

/* ModelProto of SentencePiece: pieces { string piece = 1; float score = 2; ... } come first. */
bool
weights_sentencepiece(struct bytes front, struct weights_info *info)
{
	unsigned pieces = 0;

	while (pieces < 8) {
		struct bytes piece, text;
		uint8_t tag, length;

		if (bytes_take_u8(&front, &tag) < 0 || tag != 0x0a ||
		    bytes_take_u8(&front, &length) < 0 || length > 127 ||
		    bytes_take(&front, length, &piece) < 0 || bytes_take_u8(&piece, &tag) < 0 ||
		    tag != 0x0a || bytes_take_u8(&piece, &length) < 0 ||
		    bytes_take(&piece, length, &text) < 0 || !text_is_utf8(text) ||
		    bytes_take_u8(&piece, &tag) < 0 || tag != 0x15)
			return false;
		pieces++;
	}
	info->rule = weights_rule_tokenizer;
	return true;
}

bool
weights_parquet_tail(struct bytes tail, struct weights_info *info)
{
	static const char *const columns[] = {"messages",     "conversations", "chosen",
					      "instruction",  "completion",    "input_ids",
					      "prompt_token", "rejected"};

	if (!bytes_ends(tail, BYTES_OF("PAR1")))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(columns); i++)
		if (bytes_find(tail, bytes_text(columns[i])) >= 0) {
			info->rule = weights_rule_data;
			return true;
		}
	return false;
}
